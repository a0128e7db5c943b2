"""Reminders to people who agreed to get them: once for each cause, outside of quiet hours, through the outbox."""
