"""Errors of the ingest surface."""

from cmc.core.errors import CmcError


class Unreadable(CmcError):
    """The envelope cannot be read at all (not UTF-8, not JSON, nested too deeply): nothing of it was looked at."""

    status, code, title = 400, "unreadable", "The request cannot be read"
