"""Errors as pages: one table from what happened to a status and to words that say what to do next."""

import logging
from html import escape
from http import HTTPStatus

from aiohttp import web

from gateway import keys, logs, outages
from gateway.applications import errors as case
from gateway.attachments import errors as files
from gateway.auth.passwords import TooBusy
from gateway.auth.rate_limit import TooMany
from gateway.coordination import errors as office
from gateway.streams import TooManyStreams
from gateway.web.forgery import Forged

log = logging.getLogger(__name__)

Words = tuple[int, str, str]  # status, title, what to do

BUSY = (503, "系统正忙", "刚才的操作没有保存。请稍候片刻再试。")
TABLE: tuple[tuple[type[Exception], Words], ...] = (
    (case.NotFound, (404, "没有找到", "没有这个办件，或者它不在您可以查看的范围内。请核对办件编号。")),
    (case.Forbidden, (403, "没有权限", "您的角色不能做这一步。如确需办理，请联系系统管理员调整角色。")),
    (case.WrongState, (409, "现在不能这样做", "")),
    (case.Invalid, (422, "填写有误", "请返回上一页，按提示改正后重新提交。")),
    (office.NotFound, (404, "没有找到", "没有这份报文，或者地址不完整。")),
    (office.Forbidden, (403, "没有权限", "您的角色不能做这一步。如确需办理，请联系系统管理员调整角色。")),
    (office.Refused, (409, "现在不能这样做", "")),
    (files.NotFound, (404, "没有找到这个文件", "没有这个文件，或者它不在您可以查看的办件里。")),
    (files.TooLarge, (413, "文件太大", "单个文件不能超过 50 MB。请压缩或分开上传。")),
    (files.WrongType, (415, "文件类型不符", "")),
    (files.NotScanned, (503, "没有查毒", "")),
    (files.NoSuchUpload, (404, "没有这次上传", "已经传完、取消或超过 24 小时。请重新选择文件。")),
    (files.WrongOffset, (409, "续传的位置不对", "")),
    (files.OtherContent, (422, "内容与摘要不符", "收到的内容与本机文件不同，没有保存，请重新上传。")),
    (files.TooManyUploads, (429, "未传完的文件过多", "")),
    (files.StoreFull, (503, "存储空间不足", "文件没有保存。请联系系统管理员，稍后再试。")),
    (case.IdempotencyReused, (409, "这张表已经提交过", "内容与上次不同。请打开办件核对，需要时新建一件。")),
    (case.InFlight, (409, "正在提交", "上一次提交还在处理，请稍候，不要重复提交。")),
    (case.Busy, BUSY),
    (Forged, (403, "请求未被接受", "这个操作不是从本系统的页面发出的，或者页面打开得太久。请刷新页面后重试。")),
    (TooMany, (429, "操作过于频繁", "请稍候再试。")),
    (TooBusy, BUSY),
    (TooManyStreams, (429, "打开的页面过多", "请关闭一些页面再试。")),
)
BY_STATUS: dict[int, tuple[str, str]] = {
    401: ("登录已过期", "刚才的操作没有保存。请重新登录后再试。"),
    403: ("没有权限", "您的角色不能查看或操作此页。"),
    404: ("没有这一页", "地址可能输错了，或者页面已移走。"),
    405: ("不能这样打开", "请从页面上的按钮操作。"),
    408: ("上传中断", "内容没有在规定时间内传完，请检查网络后再试。"),
    413: ("内容太大", "单个文件不能超过 50 MB，表单不能超过 1 MB。"),
}
BROKEN = (500, "系统出错了", "错误已记录，您填写的内容没有提交。请重试；仍不行时把下面的编号告诉管理员。")


def page(request: web.Request, error: Exception) -> web.Response:
    """The error as a page; scripts get the words alone, because a broken page must not be swapped into a good one."""
    status, title, text = words(error)
    if status >= 500:
        log.error("page failed: %s", type(error).__name__, exc_info=error)
    response = _drawn(request, status, title, text)
    seconds = getattr(error, "seconds", 2 if status == 503 else None)
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    if isinstance(error, web.HTTPMethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    return response


def words(error: Exception) -> Words:
    """Status, title and advice for an error."""
    for kind, found in TABLE:
        if isinstance(error, kind):
            return found[0], found[1], found[2] or getattr(error, "text", "") or str(error)
    if isinstance(error, web.HTTPException):
        title, text = BY_STATUS.get(error.status, (HTTPStatus(error.status).phrase, ""))
        return error.status, title, text
    return BUSY if outages.passing(error) else BROKEN


def _drawn(request: web.Request, status: int, title: str, text: str) -> web.Response:
    if "HX-Request" in request.headers:
        return web.Response(status=status, text=f"{title}：{text}")
    context = {"status": status, "title": title, "text": text, "trace": logs.trace_id.get()}
    try:
        return request.app[keys.RENDERER].page(request, "error/error.html", context, status=status)
    except Exception as error:
        log.error("the error page cannot be drawn: %s", type(error).__name__, exc_info=error)
        body = f"<!doctype html><html lang=zh-CN><title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(text)}</p>"
        return web.Response(status=status, text=body, content_type="text/html")
