"""What two counties may say to each other: one JSON Schema per message type, and one valid example of each.

`<type>.schema.json` describes `data` of a message, `parts.json` what several of them share, `examples/<type>.json` is
data of invented people. Schemas are open: a receiver ignores members that it does not know, so a newer partner can say
more without breaking an older one; a sender is held to the members that are named. Everything is bounded. These files
are the contract and are read by partners as they are; the code that applies them is `messaging.contract`.
"""
