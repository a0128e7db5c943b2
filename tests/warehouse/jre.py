"""Finds the Java that Spark runs on; as root it installs what is missing. Never skipped."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

from cmc.core.operating import OperatorError
from cmc.warehouse import spark


@functools.cache
def found() -> Path:
    """The path of Java; fails with what to do when there is none and none can be installed."""
    try:
        return spark.java()
    except OperatorError:
        apt = shutil.which("apt-get", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/bin")))
        if os.geteuid() != 0 or apt is None:
            raise
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            [apt, "update", "-q"],
            [apt, "install", "-qy", "--no-install-recommends", "default-jre-headless"],
        ):
            subprocess.run(command, check=True, env=quiet, stdout=subprocess.DEVNULL)
        return spark.java()
