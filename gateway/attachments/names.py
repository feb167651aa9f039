"""Names of files as people gave them, made safe to show, to store and to offer for download."""

import re
import unicodedata

LONGEST = 255  # bytes of UTF-8
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)")


def clean(name: str, extension: str) -> str:
    """The name without folders, control and direction marks; at most 255 bytes, its extension kept.

    A name of which nothing is left becomes 附件 with the extension of the content, e.g. `pdf`.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(" " if character.isspace() else character for character in last if _visible(character))
    tidy = re.sub(r" +", " ", _FORBIDDEN.sub("_", seen)).strip(" ").lstrip(".").rstrip(". ")
    if not tidy:
        return f"附件.{extension}"
    return _shortened(f"_{tidy}" if _DEVICES.match(tidy) else tidy)


def extension_of(name: str) -> str:
    """What stands after the last dot, in lower case; '' when nothing does."""
    stem, dot, extension = name.rpartition(".")
    return extension.strip().lower() if dot and stem else ""


def _visible(character: str) -> bool:
    """Cc control, Cf direction and zero-width marks, Cs half pairs, Co and Cn nothing that people can read."""
    return character.isspace() or not unicodedata.category(character).startswith("C")


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST:
        return name
    extension = extension_of(name)
    tail = f".{extension}" if extension and len(extension.encode()) <= 16 else ""
    stem = name[: len(name) - len(tail)] if tail else name
    return stem.encode()[: LONGEST - len(tail.encode())].decode(errors="ignore").rstrip(". ") + tail
