"""The word for a list's file that cannot be used."""


class BadWorkbook(ValueError):
    """The file cannot be used: which sheet, which cell (None: the whole sheet), and what to do, in Chinese."""

    def __init__(self, sheet: str | None, cell: str | None, message: str) -> None:
        self.sheet, self.cell, self.message = sheet, cell, message
        where = " ".join(part for part in (sheet, cell) if part)
        super().__init__(f"{where}：{message}" if where else message)
