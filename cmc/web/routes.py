"""Serving of the built pages."""

from fastapi import FastAPI


def mount(app: FastAPI) -> None:
    """Serve the pages for every path that the API does not own."""
