"""A whole person: a document keyed by national data elements, and the record as a page to print."""
