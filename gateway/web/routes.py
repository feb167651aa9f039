"""Every page's route, collected from the page families."""

from aiohttp import web


def add(app: web.Application) -> None:
    """Add every page."""
