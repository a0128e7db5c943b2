"""Complication risk: published equations, own models, triage, the local level and the watch over it."""
