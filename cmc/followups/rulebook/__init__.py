"""The rule sets of follow-ups over HTTP: what they say, and what they say of a case."""
