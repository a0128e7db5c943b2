"""The organisation tree: region → district → clinic."""
