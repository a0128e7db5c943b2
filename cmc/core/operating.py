"""What the person who runs the service must put right."""


class OperatorError(Exception):
    """Something outside the program stops it: its text is one line that says what is wrong and what to do.

    The command line prints the text and exits with 1; nobody who installs the service should meet a traceback.
    """
