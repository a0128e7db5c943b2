"""Frozen reports of indicators: what was told for a period, with its definitions and its lists of people."""
