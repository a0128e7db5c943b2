"""Reproducible measurements. Each line of a table ends in `ratio N.NN` against a peer measured in the same run."""
