"""Serves the built pages."""
