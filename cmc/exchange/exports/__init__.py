"""The register as a file made in the background, with a log."""
