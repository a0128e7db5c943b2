"""HTTP of one visit: its form, its drafts, its corrections and its history."""
