"""The case room: applications, their legs, what may happen to them and what is said about it.

A deed is a pure plan over a locked snapshot; one writer turns plans into one transaction. Pages and the API call the
case room and know nothing of tables. It may import audit, auth, attachments, the post room, partners and the library.
"""
