"""Processes of their own: for memory that only one thing has used, and for other environments."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def environment() -> dict[str, str]:
    """RETURNS (dict[str, str]): variables under which a child finds `benchmarks`."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"}


def run_logged(command: Sequence[Any], log: Path) -> None:
    """Run a command, all that it prints in a file. Raises a CalledProcessError where it fails."""
    with log.open("w", encoding="utf8") as stream:
        subprocess.run(
            [str(part) for part in command],
            check=True,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment(),
        )


def run_module(name: str, *arguments: Any, python: Path | None = None) -> Any:
    """Run ``python -m NAME ARGUMENTS``. Raises a CalledProcessError where it fails; its errors are shown.

    RETURNS (Any): the JSON of the last line that it printed.
    """
    command = [str(part) for part in (python or sys.executable, "-m", name, *arguments)]
    found = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, encoding="utf8", env=environment()
    )
    return json.loads(found.stdout.strip().splitlines()[-1])
