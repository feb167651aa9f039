"""Lists as coordinators send them: what is in the sheet, what is wrong with it, and the same list written out again.

The rules are pure: they take grids (`grid.py`) and give values. Bytes become grids and sheets become bytes in
`matters_map/spreadsheet.py`, the only file that knows the spreadsheet library; here only `files.py`, `marking.py` and
`exporting.py` call it. `checking.py` is the deed; below it stand `header.py` (which column is which), `layout.py` (which
rows are matters), a file of rules for each kind of cell, `row_rules.py` and `list_rules.py`. Every code that a finding
can bear is a row of `codes.py`. Nothing is repaired silently: a value that differs from what stood in the cell has its
finding.
"""
