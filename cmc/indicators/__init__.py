"""Programme indicators: exact by a named definition."""
