"""The hall: people and partner systems come in here, and applications live here.

Two doors, `web` for people and `api` for programs, call the same deeds; `applications` is the case room,
`coordination` what coordinators and administrators do. `app.py` builds the doors, `worker.py` the loops, `resources.py`
what both use, and `cli.py` is the command line. This room may import every other one; nobody but `main.py` imports it.
Its floors stand in pyproject.toml: a file imports from floors below its own and never from its siblings.
"""
