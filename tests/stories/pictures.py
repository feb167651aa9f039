"""Scans for the stories: real pictures of any size."""

import random
import struct
import zlib


def png(width: int, height: int, *, noise: bool = False) -> bytes:
    """A picture: a dark corner on light paper, or noise that no packing makes smaller."""
    draw = random.Random(width)
    rows = (
        b"\0"
        + (
            draw.randbytes(3 * width)
            if noise
            else (b"\x20\x40\x80" * (width // 3) + b"\xf4" * 3 * (width - width // 3))
        )
        for _ in range(height)
    )
    parts = [
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"".join(rows), 1)),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
