"""What is remembered of a file's content while it streams past, enough to tell what it is. Never the whole file."""

import codecs

HEAD, TAIL = 8 * 1024, 256 * 1024
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARTS = {name: f"{name}\0".encode("utf-16-le") for name in ("WordDocument", "Workbook", "Book", "_VBA_PROJECT")}
_LONGEST_PART = max(len(part) for part in _PARTS.values())
_NOT_IN_TEXT = bytes(set(range(32)) - set(b"\t\n\r\f\x1a")) + b"\x7f"


class Look:
    """Fed with the content piece by piece; answers when all of it was seen."""

    def __init__(self) -> None:
        self.size = 0
        self.head = b""
        self.compound_parts: set[str] = set()
        self._tail = b""
        self._edge = b""  # the end of the last piece: a name may lie across two
        self._decoders = [codecs.getincrementaldecoder(name)() for name in ("utf-8", "gb18030")]

    def feed(self, piece: bytes) -> None:
        """The next piece, in order."""
        self.size += len(piece)
        if len(self.head) < HEAD:
            self.head += piece[: HEAD - len(self.head)]
        self._tail = (self._tail + piece)[-TAIL:] if len(piece) < TAIL else piece[-TAIL:]
        if self.is_compound:
            self._find_parts(piece)
        self._decoders = [decoder for decoder in self._decoders if _decodes(decoder, piece)]

    @property
    def is_text(self) -> bool:
        """UTF-8 or GB 18030 throughout, without control characters."""
        return any(_decodes(decoder, b"", final=True) for decoder in self._decoders)

    @property
    def is_package(self) -> bool:
        """Begins like a ZIP package."""
        return self.head.startswith(b"PK\x03\x04")

    @property
    def is_compound(self) -> bool:
        """Begins like a compound file of the older Office."""
        return self.head.startswith(_COMPOUND)

    def package_names(self) -> set[str]:
        """Names in a ZIP package's table of contents; empty when that cannot be read (APPNOTE 4.3.12, 4.3.16)."""
        tail, end = self._tail, self._tail.rfind(b"PK\x05\x06")
        if end < 0 or len(tail) < end + 22:
            return set()
        at = end - int.from_bytes(tail[end + 12 : end + 16], "little")
        names: set[str] = set()
        while at >= 0 and at + 46 <= end and tail[at : at + 4] == b"PK\x01\x02":
            lengths = [int.from_bytes(tail[at + place : at + place + 2], "little") for place in (28, 30, 32)]
            names.add(tail[at + 46 : at + 46 + lengths[0]].decode("utf-8", errors="replace"))
            at += 46 + sum(lengths)
        return names if at == end else set()

    def _find_parts(self, piece: bytes) -> None:
        seen = self._edge + piece
        self.compound_parts |= {name for name, part in _PARTS.items() if part in seen}
        self._edge = seen[-_LONGEST_PART:]


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    if len(piece.translate(None, _NOT_IN_TEXT)) != len(piece):
        return False
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True
