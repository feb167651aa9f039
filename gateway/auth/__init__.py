"""Who comes in: people with passwords and sessions, systems with secrets, keys and tokens, and what each may do.

Doors (pages and API) ask here who somebody is; deeds ask whether that role may do a thing. It knows no case and no
page. It may import the post room's unit of work and partners' keys; nothing below the doors may import it but
applications and coordination, which take the Actor.
"""
