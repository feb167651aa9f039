"""The library: what the counties agreed, and every rule that follows from it.

Agreements and their lists, routing of a matter and a place to a jurisdiction, forms and their rules, working days,
codes. All of it is pure and lives in memory; only `agreements.py` and `importing.py` read or write tables, through a
connection that the caller has opened, and never open a transaction of their own. Only `spreadsheet.py` knows the
spreadsheet library; what is wrong with a list's file is found in `workbooks/`. The gateway imports this room; this room imports no other room.
"""
