"""The clinical kernel: pure functions and constants of the programme, standard library only."""
