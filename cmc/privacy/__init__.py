"""What is owed to the people on file: exchanged keys, an answer to "what do you hold of me", and an end to it."""
