"""What several formats need to read their payloads: numbers, bytes, texts, dates. Pure."""
