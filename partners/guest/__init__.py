"""The guest half of a link: what a county's own system does to speak with a host such as this gateway.

The simulator, the conformance kit and another Tongban are guests. So this room keeps its own books (a small SQLite
file), uses nothing of the host but the public protocol, and of this program only the envelope, the contracts and
signing. `partners` and `gateway` may import it; it imports `partners.keys`, `partners.signing` and `messaging`.
"""
