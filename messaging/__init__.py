"""The post room: whatever two counties say to each other leaves and arrives here, once, in order, and unchanged.

Envelope and contracts say what a message is; conversation, outbox, relay, inbox, applier and receipts carry it; `bus`
is the road; `sealing` keeps at rest what is personal, for every room. It knows no application, no list and no partner
beyond a code: whoever runs it passes in what to do with a message. Everybody may import it; it imports no other room.
"""
