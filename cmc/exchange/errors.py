"""What makes a file or mapping unusable as a whole."""

from cmc.core.operating import OperatorError


class UnusableFileError(OperatorError):
    """The file, or the mapping, cannot be used at all: one line, exit code 2."""
