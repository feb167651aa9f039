"""What several resources of version 1 share."""

DEED_PROBLEMS = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)  # of every deed on an application
