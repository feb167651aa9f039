"""A form as it was posted. With scripts off the files travel in it; they go to the store as they stream in.

For handlers that say `streams_body`: the form token is checked here, before any file is taken.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import BodyPartReader, web

from gateway import keys, transfer
from gateway.attachments.errors import WrongType
from gateway.web import forgery, scans
from gateway.web.forms import Fault

TEXT_MOST = 1024 * 1024  # bytes of all text fields together
MORE = "more:"  # upload:more:M01, a further file for it
UPLOAD = "upload:"  # upload:M01, a file for the material M01
DIGEST = "sm3:"  # sm3:<SHA-256> = the SM3 of a file that came with the form
TOO_LARGE = "文件超过 {} MB，请压缩或分开上传"
OWN = frozenset({forgery.FIELD, "matter", "handler", "draft", "key", "_refresh"})  # fields of the page, not of the form

Pairs = list[tuple[str, str]]
T = TypeVar("T")


@dataclass
class Posted:
    """`pairs` in the order of the page; `faults` are files that could not be taken."""

    pairs: Pairs = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def get(self, name: str) -> str:
        """The first value of a field, or ''."""
        return next((value for given, value in self.pairs if given == name), "")

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 -> SM3 of the files that came with the form, now or before."""
        return {name.removeprefix(DIGEST): value for name, value in self.pairs if name.startswith(DIGEST)}

    @property
    def form(self) -> Pairs:
        """The pairs without the page's own fields."""
        return [pair for pair in self.pairs if pair[0] not in OWN]


async def read(request: web.Request) -> Posted:
    """The posted form, its files stored. Raises Forged, TooLarge, HTTPRequestTimeout, HTTPRequestEntityTooLarge."""
    if request.content_type == "multipart/form-data":
        return await _multipart(request)
    try:
        async with asyncio.timeout(transfer.PIECE_WITHIN):
            form = await request.post()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    posted = Posted([(name, value) for name, value in form.items() if isinstance(value, str)])
    _check(request, posted)
    return posted


def _check(request: web.Request, posted: Posted) -> None:
    forgery.check_form_token(request, request.headers.get(forgery.HEADER) or posted.get(forgery.FIELD))


async def _multipart(request: web.Request) -> Posted:
    posted, size = Posted(), 0
    reader = await request.multipart()
    while (part := await _within(reader.next())) is not None:
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise web.HTTPBadRequest
        if part.filename is not None:
            _check(request, posted)
            await _file(request, posted, part.name, part)
            continue
        text = b""
        async for piece in _pieces(part):
            text += piece
            size += len(piece)
            if size > TEXT_MOST:
                raise web.HTTPRequestEntityTooLarge(TEXT_MOST, size)
        posted.pairs.append((part.name, text.decode("utf-8", "replace")))
    _check(request, posted)
    return posted


async def _file(request: web.Request, posted: Posted, name: str, part: BodyPartReader) -> None:
    """Store a file and name it in the fields that scripts would have filled in; an empty field names nothing."""
    if not part.filename:
        async for _ in _pieces(part):
            pass
        return
    code = name.removeprefix(UPLOAD)
    store, actor = request.app[keys.ATTACHMENTS], request[keys.ACTOR]
    try:
        kept = await scans.put(store, actor, _pieces(part), part.filename, part.headers.get("Content-Type", ""))
    except WrongType as error:
        posted.faults.append(Fault(f"{part.filename}：{error.text}", f"#f-materials-{code.removeprefix(MORE)}-sm3"))
        return
    if code.startswith(MORE):  # one more of the same material
        posted.pairs += [(code, f"{kept['sha256']} {kept['name']}"), (DIGEST + kept["sha256"], kept["sm3"])]
        return
    named = {f"file:{code}": kept["sha256"], f"filename:{code}": kept["name"], DIGEST + kept["sha256"]: kept["sm3"]}
    posted.pairs = [pair for pair in posted.pairs if pair[0] not in named] + list(named.items())


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await _within(part.read_chunk(64 * 1024)):
        yield piece


async def _within(reading: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(transfer.PIECE_WITHIN):
            return await reading
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
