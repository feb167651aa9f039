"""The shapes of the API: JSON Schemas of requests and answers, each with an example.

Requests are held against them; answers are described by them, and tests hold real answers against them. `catalogue`
is the one list of all of them. No module here imports anything but `parts`.
"""
