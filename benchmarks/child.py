"""Processes of their own: for memory that only one thing has used, and for other environments."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
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
        subprocess.run(list(map(str, command)), check=True, stdout=stream, stderr=stream, env=environment())


def call_apart(module: str, *arguments: Any) -> Any:
    """RETURNS (Any): what the function ``measure`` of a module returns in a new process; all of it as JSON."""
    command = [sys.executable, "-m", "benchmarks.child", module, json.dumps(arguments, default=str)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf8", env=environment())
    return json.loads(found.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    print(json.dumps(import_module(sys.argv[1]).measure(*json.loads(sys.argv[2]))))
