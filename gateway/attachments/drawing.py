"""A program of its own that makes a small JPEG of one picture: its bytes come by stdin, the JPEG goes to stdout.

What other people made is opened here and nowhere else. The process has none of the house's keys, opens and writes no file,
and is bounded in memory, processor time and pixels, so that a picture made to do harm harms nobody.

    python -I gateway/attachments/drawing.py JPEG|PNG|BMP|TIFF      exit code 1: there is nothing to draw
"""

import io
import os
import resource
import sys

from PIL import Image, ImageOps, MpoImagePlugin, TiffImagePlugin

LONGEST_SIDE = 320  # pixels of what is drawn
MOST_PIXELS = 100_000_000  # of what is opened: A3 in colour at 600 dpi has 70 million
MEMORY = 768 * 1024 * 1024  # bytes of address space
SECONDS = 5  # of processor time
QUALITY = 80  # of the JPEG
LATE = (MpoImagePlugin, TiffImagePlugin)  # readers that Pillow would fetch only when it meets such a picture


def main() -> int:
    """Exit code 0 and a JPEG, or 1 and nothing, whatever was wrong."""
    Image.preinit()
    _bound()
    try:
        drawn = draw(sys.stdin.buffer.read(), sys.argv[1])
    except Exception:
        return 1
    sys.stdout.buffer.write(drawn)
    return 0


def _bound() -> None:
    """From here on: no further file or connection, so much memory and time, and behind everybody else."""
    limits = {
        resource.RLIMIT_NOFILE: 3,  # stdin, stdout, stderr
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: SECONDS,
    }
    for what, most in limits.items():
        resource.setrlimit(what, (most, most))
    os.nice(10)


def draw(content: bytes, format_: str) -> bytes:
    """The picture (of a TIFF its first page), upright, on white, at most LONGEST_SIDE pixels wide and high.

    Raises ValueError for more than MOST_PIXELS, and whatever Pillow raises for what it cannot read.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(io.BytesIO(content), formats=[format_]) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise ValueError(f"{opened.width} x {opened.height} pixels")
        picture = _smooth(opened)
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is not even decoded in full
        ImageOps.exif_transpose(picture, in_place=True)
        out = io.BytesIO()
        _on_paper(picture).save(out, "JPEG", quality=QUALITY, optimize=True)
        return out.getvalue()


def _smooth(picture: Image.Image) -> Image.Image:
    """In a mode that can be made smaller by mixing neighbours, in which lines of a fax do not fall away."""
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode.startswith("I"):  # sixteen bits of grey
        return picture.point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture.convert("RGB") if picture.mode == "P" else picture


def _on_paper(picture: Image.Image) -> Image.Image:
    """In colours, with white where it lets light through."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


if __name__ == "__main__":
    raise SystemExit(main())
