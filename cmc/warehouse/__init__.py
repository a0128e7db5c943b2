"""The inputs of the indicators for other engines: as Parquet, and counted there by the same definitions."""
