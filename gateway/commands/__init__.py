"""What each command of the command line does, one file for each noun: run, calendar, users, partners, lists.

A command reads its arguments, calls a deed of a lower room, and answers: results on stdout, messages on stderr, 0 done,
1 findings or a failed check, 2 wrong use. `gateway/cli.py` holds the table of commands and is the only importer.
"""
