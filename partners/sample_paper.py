"""A tiny, valid PDF that says it is only an example: what simulated partners issue."""


def paper(issuer: str, number: str) -> bytes:
    """One A5 page with 示例, the issuer's name and the case's number; the same input gives the same bytes."""
    lines = [
        (28, 480, "示例"),
        (14, 440, f"{issuer}（模拟）"),
        (14, 415, f"办件编号 {number}"),
        (11, 380, "本文件由模拟程序生成，不具有任何效力"),
    ]
    text = "\n".join(f"BT /F1 {size} Tf 40 {y} Td <{line.encode('utf-16-be').hex()}> Tj ET" for size, y, line in lines)
    title = ("\ufeff" + f"示例 {number}").encode("utf-16-be").hex()
    return _file(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
            "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
            "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 7 0 R"
            " /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>",
            "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
            " /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
            f"<< /Title <{title}> /Producer (simulator) >>",
        ]
    )


def _file(objects: list[str]) -> bytes:
    """Objects numbered from 1, a cross-reference table and a trailer; the last object is the information dictionary."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("ascii")
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode("ascii")
    out += "".join(f"{place:010d} 00000 n \n" for place in places).encode("ascii")
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\n".encode("ascii")
    out += f"startxref\n{table}\n%%EOF\n".encode("ascii")
    return bytes(out)
