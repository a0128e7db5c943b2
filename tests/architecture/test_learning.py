"""What learns stays out of what serves, and nothing is unpickled."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_web_and_worker_processes_never_load_scikit_learn() -> None:
    script = (
        "import sys, cmc.cli, cmc.main, cmc.worker, cmc.risk.triage, cmc.risk.models.release as release\n"
        "release.shipped()\n"
        "print([name for name in ('sklearn', 'scipy', 'skops', 'pandas', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_is_unpickled() -> None:
    found = [
        path.name
        for path in (ROOT / "cmc").rglob("*.py")
        if re.search(r"\b(?:import|from) (?:pickle|joblib|dill|cloudpickle)\b", path.read_text(encoding="utf-8"))
    ]
    assert found == []
