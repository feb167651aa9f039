"""The auditor's room: who did what, when and why, in chains that show every later change.

Each leg has a chain of its own, and the house one for what belongs to no case. A sealer binds the lines of all chains
into signed Merkle roots, and partners witness these in our receipts. Lines hold digests, ids and codes, never personal
values. Anybody above may write lines; the room imports the post room's ids and unit of work only.
"""
