"""Screening: whose measurements raise a suspicion, what is still needed, and by when (HTN-SC, HTN-DX, DM-SC, DM-DX)."""
