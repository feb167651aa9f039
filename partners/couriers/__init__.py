"""The couriers: one file for each way in which a partner reads its mailbox.

All of them empty the same mailbox and keep the same promise: a message stays until the partner's receipt. A new way
touches one file here and one value of `Connection`. Only `gateway` imports them.
"""
