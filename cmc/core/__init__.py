"""The technical kernel: configuration, database, HTTP edge. It knows no medicine."""
