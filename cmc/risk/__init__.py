"""Complication risk: published equations (pure)."""
