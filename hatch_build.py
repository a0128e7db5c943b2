"""Puts the built pages into the wheel: runs `cmc/web/builder.py` before hatchling collects the files."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _builder(root: str) -> ModuleType:
    """The builder by its path: the package itself is not installed yet."""
    spec = importlib.util.spec_from_file_location("cmc_ui_builder", Path(root, "cmc", "web", "builder.py"))
    if spec is None or spec.loader is None:
        raise FileNotFoundError("cmc/web/builder.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _skipped() -> bool:
    return os.environ.get("CMC_SKIP_UI") == "1"


class UiHook(BuildHookInterface[Any]):
    """Builds the pages for a wheel; not for an sdist, an editable install, or with CMC_SKIP_UI=1."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node from PyPI for the isolated build, when the machine has none that fits."""
        builder = _builder(self.root)
        if _skipped() or self.target_name != "wheel" or builder.fresh() or builder.system_node():
            return []
        return [str(builder.NODE_PACKAGE)]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the files are collected; `artifacts` in pyproject.toml takes them in."""
        del build_data
        if _skipped() or self.target_name != "wheel" or version == "editable":
            return
        _builder(self.root).build(say=self.app.display_info)
