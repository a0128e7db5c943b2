"""Messages to others: written in the transaction of what they tell of, delivered by the worker until they arrive."""
