"""Version 1 of the API: one module for each resource, each with its handlers and its rows for the table of routes."""
