"""The recurring work of retention: propose what is due, carry out what two people approved."""

from datetime import datetime, time
from typing import Final

from cmc.core.db import Transaction
from cmc.core.jobs import Daily, Job
from cmc.core.scope import system_scope
from cmc.privacy import queries, service

CASES_A_RUN: Final = 1000
_SCOPE: Final = system_scope("job:retention")


def nightly(transaction: Transaction, now: datetime) -> int:
    """Propose, then delete; each case, and each 5,000 rows, in a transaction of its own. Returns the rows deleted."""
    with transaction() as session:
        service.propose_due(session, _SCOPE, now=now)
    with transaction() as session:
        wanted = queries.approved(session, _SCOPE, limit=CASES_A_RUN)
    deleted = 0
    for case_id in wanted:
        while True:
            with transaction() as session:
                rows = service.carry_out(session, _SCOPE, case_id, now=now)
            deleted += rows
            if rows < service.ROWS_A_STEP:
                break
    return deleted


JOBS: Final = (Job("privacy.nightly", nightly, Daily(time(4, 10))),)
