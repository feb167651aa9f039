"""What can go wrong with a file, named by what happened. Doors decide how to say it."""

TEXTS = {
    "empty": "文件是空的，请重新选择",
    "dangerous": "这种文件不能上传（{found}），请改为 PDF、图片、OFD 或 Office 文档",
    "macros": "文件含有宏，不能上传，请另存为不含宏的文档",
    "not_allowed": "不是可以上传的文件类型（{found}），请改为 PDF、图片、OFD 或 Office 文档",
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


class Damaged(AttachmentError):
    """The sealed file on disk is missing, cut short or changed."""
