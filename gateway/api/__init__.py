"""The API: what other programs rely on, to the letter, with a version in its address and one error body.

`v1/` has one resource per module; `routes` is the one table of all of them, and the document that `/api/openapi.json`
gives is built from it. A handler reads, calls one deed of a lower room, and answers. It may import keys and what lies
below it, never the pages, which are the other door, and never a table.
"""
