"""A release on disk: nothing that was changed is used."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cmc.core.operating import OperatorError
from cmc.risk.models import profiles, release
from cmc.risk.models.release import BrokenRelease
from cmc.risk.models.terms import design
from cmc.risk.training import export
from cmc.risk.training.train import admitted

FILE = "risk-cv_death-10y-t2.json"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(release.folder(), tmp_path / "copy"))


def rehashed(where: Path, name: str) -> None:
    manifest = json.loads((where / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][name] = hashlib.sha256((where / name).read_bytes()).hexdigest()
    (where / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_the_shipped_release_is_the_one_that_was_tested() -> None:
    found = release.shipped()
    assert (found.name, found.version, len(found.scorer.models)) == ("nhanes", "1.0.0", 16)


def test_a_changed_file_is_refused(copy: Path) -> None:
    with (copy / FILE).open("a", encoding="utf-8") as file:
        file.write(" ")
    with pytest.raises(BrokenRelease, match=f"{FILE} was changed"):
        release.load(copy)


def test_a_missing_file_is_refused(copy: Path) -> None:
    (copy / FILE).unlink()
    with pytest.raises(BrokenRelease, match=f"{FILE} cannot be read"):
        release.load(copy)


def test_another_manifest_than_the_released_one_is_refused(copy: Path) -> None:
    rehashed(copy, FILE)  # the same content, written otherwise
    with pytest.raises(BrokenRelease, match=r"manifest\.json is not the one"):
        release.load(copy, manifest_sha256=release.MANIFEST_SHA256)


def test_a_coefficient_changed_together_with_its_hash_is_found_by_the_frozen_vectors(copy: Path) -> None:
    content = json.loads((copy / FILE).read_text(encoding="utf-8"))
    content["coefficients"][1] += 1e-4
    (copy / FILE).write_text(json.dumps(content), encoding="utf-8")
    rehashed(copy, FILE)
    with pytest.raises(BrokenRelease, match="cv_death-10y gives another"):
        release.load(copy)


def test_a_model_for_other_knots_is_refused(copy: Path) -> None:
    content = json.loads((copy / FILE).read_text(encoding="utf-8"))
    content["terms"][0]["knots"][1] = 41
    (copy / FILE).write_text(json.dumps(content), encoding="utf-8")
    rehashed(copy, FILE)
    with pytest.raises(BrokenRelease, match="other terms"):
        release.load(copy)


def test_json_gives_back_the_same_numbers() -> None:
    for model in release.shipped().scorer.models.values():
        again = release.model_of(json.loads(json.dumps(release.json_of(model))))
        assert (again.coefficients == model.coefficients).all()
        assert (again.refits == model.refits).all()


def test_the_estimators_for_scikit_learn_say_the_same_and_need_no_trust() -> None:
    estimators = export.read(release.folder())
    people = profiles.people(200, 23)
    for model in release.shipped().scorer.models.values():
        columns = design(model.terms, admitted(people, model.tier)).T
        told = estimators[model.id].predict_proba(columns)[:, 1]
        np.testing.assert_allclose(told, model.risk(admitted(people, model.tier)), rtol=1e-10)


def test_a_changed_file_of_estimators_is_not_opened(copy: Path) -> None:
    path = copy / export.FILE
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(OperatorError, match="is not the file that was exported"):
        export.read(copy)


def test_no_type_beyond_the_whitelist_is_loaded(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export.skops.io, "get_untrusted_types", lambda data: ["os.system"])
    with pytest.raises(OperatorError, match=r"not trusted: os\.system"):
        export.read(copy)


def test_one_and_two_threads_score_alike() -> None:
    script = (
        "import hashlib, numpy as np\n"
        "from cmc.risk.models import profiles, release\n"
        "scores = release.shipped().scorer.score(profiles.people(9000, 5))\n"
        "told = np.stack([score.risk for score in scores.values()]).round(12)\n"
        "print(hashlib.sha256(told.tobytes()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(found) == 1
