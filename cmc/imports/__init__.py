"""People and readings from files (CSV, XLSX), with a mapping from the file's columns to our fields."""
