"""Backup and restore: one file with the database and the sealed attachments, and an installation made from it again.

What a case holds lies in that file as it lies on the disk: sealed. The keys that open it (sealing, index and signing
key) are never put into it; who restores brings them, and is refused without them. A restored installation has lost what
happened since, so it says so on its audit chain, leaves a gap in the day's numbers, and asks every partner for it.
"""
