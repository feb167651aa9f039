"""What can go wrong with a file, named by what happened. Doors decide how to say it."""

TEXTS = {
    "empty": "文件是空的，请重新选择",
    "dangerous": "这种文件不能上传（{found}），请改为 PDF、图片、OFD 或 Office 文档",
    "macros": "文件含有宏，不能上传，请另存为不含宏的文档",
    "not_allowed": "不是可以上传的文件类型（{found}），请改为 PDF、图片、OFD 或 Office 文档",
    "infected": "文件含有病毒或恶意程序（{found}），没有保存。请不要再次上传，换一台设备重新扫描原件",
    "differs": "文件内容与其类型不符：名称或类型标明为 {declared}，内容却是 {found}，请检查文件是否损坏",
}


class AttachmentError(Exception):
    """Base of all of them."""


class NotFound(AttachmentError):
    """There is no such file, it is not theirs to read, or its key was destroyed."""


class TooLarge(AttachmentError):
    """The file is larger than `limit` bytes; nothing was kept."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"larger than {limit} bytes")
        self.limit = limit


class WrongType(AttachmentError):
    """The content is not what may be put here; nothing was kept. `reason` is a key of TEXTS, `text` says it in Chinese."""

    def __init__(self, reason: str, found: str = "", declared: str = "") -> None:
        super().__init__(f"{reason} {found}".strip())
        self.reason, self.found, self.declared = reason, found, declared
        self.text = TEXTS[reason].format(found=found, declared=declared)


class StoreFull(AttachmentError):
    """The disk has no room for it; nothing was kept. It may be put again when there is."""


class NotScanned(AttachmentError):
    """clamd, which the house requires, did not look at it; nothing was kept. It may be put again when clamd is back."""

    text = "查毒服务暂时不可用，文件没有保存。请稍后再传；一直不行时请联系系统管理员"


class OtherContent(AttachmentError):
    """The bytes that came are not those that were announced by their SHA-256; nothing was kept."""


class NoSuchUpload(AttachmentError):
    """There is no such unfinished upload, it is not theirs, or its time is over."""


class WrongOffset(AttachmentError):
    """The part does not begin where the last one ended: at `offset`."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the next part begins at {offset}")
        self.offset = offset
        self.text = f"下一段应从第 {offset} 字节开始，请先查询进度再续传。"


class TooManyUploads(AttachmentError):
    """Too many uploads of theirs are unfinished; nothing was begun."""

    text = "未传完的文件过多，请先传完或取消以前的。"


class Damaged(AttachmentError):
    """The sealed file on disk is missing, cut short or changed."""
