"""The clinical kernel: pure functions and constants of the programme, without database, web or clock."""
