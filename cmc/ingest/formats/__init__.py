"""The wire formats: one pure file each, listed here in the order in which the documentation shows them."""

from cmc.ingest.formats import native
from cmc.ingest.received import Format

FORMATS: tuple[Format, ...] = (native.FORMAT,)
