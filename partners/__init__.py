"""The address book and the couriers: who our partners are, which keys are theirs, and how messages reach them.

Counties differ in what they run: a system of its own, a small program that polls, or nobody but a person at a desk.
That difference ends in this room. Above it everybody speaks to a code such as 420683; below it everything is a signed
message. `gateway` may import this room, and it may import `messaging`; it knows no pages, no applications, no lists.
`guest` and the simulator are the other end of the wire: of this program they use only what the public protocol needs.
"""
