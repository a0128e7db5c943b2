"""What scoring uses in this process: the release that cmc came with, the published equations, read once."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from cmc.risk.equations import EQUATIONS
from cmc.risk.models import release
from cmc.risk.models.release import Release


@lru_cache(maxsize=1)
def models() -> Release:
    """The release, its hashes and frozen vectors checked when it is first asked for. Raises BrokenRelease."""
    return release.shipped()


@lru_cache(maxsize=1)
def equations() -> str:
    """The version of the set of published equations: a hash of the id and version of each."""
    told = "\n".join(f"{each.id} {each.version}" for each in EQUATIONS)
    return hashlib.sha256(told.encode()).hexdigest()[:12]
