"""The file room: bytes that people and partner systems put, sealed on disk, and who may fetch them.

A file is known by the SHA-256 of its clear bytes. It may be read by the jurisdiction that put it and by those to whom a
message names it; a case that names it keeps the file's key under its own. The case room, pages and API call the store;
the room knows no case beyond its number, and imports the post room's key ring, ids and unit of work only.
"""
