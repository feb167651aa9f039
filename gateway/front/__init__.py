"""The applicants' front: a small program of its own that may stand on another network.

It has no database, no settings and no keys. It knows one address, the gateway's, and speaks to it by one resource with
a client whose scope allows nothing else; whoever takes this program over can ask what every applicant can, with number
and code, at the gateway's own pace. Pages are plain HTML for old telephones and eyes: large print, no script, no cookie.
Only the command line uses this room; it shares the rate limits with the doors.
"""
