"""The page families: one module and one template folder each, with `routes()` as its only door.

A handler reads the request, calls one deed of the case room or another lower room, and answers with a page or a
redirect. It knows no table and no state machine; what a page says is worked out in the small pure modules of
`gateway/web`. Nothing but `gateway.web.routes` imports a family, and families do not import each other.
"""
