"""Glucose and blood-pressure measurements as stored."""
