"""Finds the Java that Spark runs on; as root it installs what is missing. Never skipped."""

import functools
from pathlib import Path

import debian
from cmc.core.operating import OperatorError
from cmc.warehouse import spark


@functools.cache
def found() -> Path:
    """The path of Java; fails with what to do when there is none and none can be installed."""
    try:
        return spark.java()
    except OperatorError:
        if not debian.install("default-jre-headless"):
            raise
        return spark.java()
