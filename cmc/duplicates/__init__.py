"""Records that may be one person: found, compared side by side, dismissed or merged, and merges undone (LIFE-06)."""
