"""What can go wrong in coordinators' and administrators' deeds, named by what happened. Doors decide how to say it."""


class CoordinationError(Exception):
    """Base of all of them."""


class Forbidden(CoordinationError):
    """The person's role does not allow this."""


class NotFound(CoordinationError):
    """There is no such thing."""


class Refused(CoordinationError):
    """It cannot be done as asked; the text says why and what to do, in Chinese."""
