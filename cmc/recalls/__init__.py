"""Recall: calling people who are overdue back into care, and what came of each call."""
