"""The short form of `make crash`: one of each main kind of fault, and every negative control."""

import os
import re
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST_S = 600
"""A machine that is busy with other things is slow, not wrong; on two idle cores it takes about two minutes."""


def test_nothing_acknowledged_is_lost_doubled_or_altered_whatever_is_killed(capsys):
    path = os.pathsep.join((str(CHECKOUT), str(CHECKOUT / "tests")))
    seed = ["--seed", os.environ["CRASH_SEED"]] if "CRASH_SEED" in os.environ else []
    harness = subprocess.Popen(
        [sys.executable, "-m", "crash", *seed], cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        printed, _ = harness.communicate(timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        harness.terminate()  # not kill: it still has processes to end and a disk to unmount
        printed, _ = harness.communicate(timeout=120)
    with capsys.disabled():
        print(f"\n{printed}")  # noqa: T201 - the table is for a person
    assert harness.returncode == 0, printed
    overcome = re.search(r"^(\d+) faults in ", printed, re.M)
    assert overcome is not None
    assert int(overcome[1]) >= 14
    assert "lost 0  doubled 0  altered 0  never sent 0  effects 0  wrong answers 0" in printed
    assert len(re.findall(r"^  .*: (?:lost|doubled) +found [1-9]", printed, re.M)) >= 3
