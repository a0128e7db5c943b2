"""Alerts: raised once per cause, acknowledged by somebody, told upward when ignored, closed only with a reason."""
