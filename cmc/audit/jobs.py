"""The recurring work of the audit trail: partitions ahead of time, and seals."""

import time
from datetime import datetime
from typing import Final

from cmc.audit import sealing, service, trail
from cmc.core import db
from cmc.core.db import Transaction
from cmc.core.jobs import Every, Job
from cmc.core.log import get_logger

_PATIENCE_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 0.1

_logger = get_logger(__name__)


def seal(transaction: Transaction, now: datetime) -> int:
    """Seal what is settled; return the number of rows.

    Waits a little for the transactions that were running when it looked; a longer one leaves the rows to the next run.
    """
    with transaction() as session:
        service.keep_partitions(session, now)
    with transaction() as session:
        upto, horizon = trail.high(session)
    if not _settled(transaction, horizon):
        return 0
    rows = 0
    while True:
        with transaction() as session:
            keys = db.keys_of(session)
            if keys is None:
                return rows  # the owner's log-in has no key to seal with
            sealed = sealing.seal_next(session, keys.audit, upto=upto, now=now)
        rows += sealed
        if sealed == 0:
            return rows


def _settled(transaction: Transaction, horizon: int) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with transaction() as session:
            if trail.oldest_running(session) >= horizon:
                return True
        time.sleep(_PAUSE_SECONDS)
    _logger.info("audit rows wait for a long transaction", job="audit.seal")
    return False


JOBS: Final = (Job("audit.seal", seal, Every(60)),)
