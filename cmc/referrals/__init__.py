"""Referrals up and down: raised once per cause, step by step to the end."""
