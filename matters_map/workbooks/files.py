"""A list's file, whatever it is: a workbook, a csv file, or JSON that an export wrote."""

from matters_map import spreadsheet
from matters_map.workbooks import exporting
from matters_map.workbooks.checking import NOTHING_KNOWN, Checked, Progress, check, unreadable
from matters_map.workbooks.grid import Grid
from matters_map.workbooks.known import Known


def grids(content: bytes) -> list[Grid]:
    """Its sheets. Blocks: off the event loop, please. Raises BadWorkbook."""
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and len(content) <= spreadsheet.BIGGEST_FILE:
        return [exporting.json_grid(content)]
    return spreadsheet.grids(content)


def checked(content: bytes, known: Known = NOTHING_KNOWN, progress: Progress | None = None) -> Checked:
    """Look the file over; one that cannot be read has a single finding that says why. Blocks."""
    try:
        return check(grids(content), known, progress)
    except spreadsheet.BadWorkbook as bad:
        return unreadable(bad.sheet, bad.cell, bad.message)
