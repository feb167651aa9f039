"""Coordinators' and administrators' deeds: agreements and their lists, partners, users.

May import audit, auth and attachments beside it, the library, the address book and the post room; never the case room.
"""
