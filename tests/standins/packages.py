"""Pipelines as installed packages: what `spacy download` leaves, without a network."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from spacy.cli.package import package

INSTALL = (
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-deps",
    "--no-build-isolation",
    "--disable-pip-version-check",
)


def install_pipelines(pipelines: Sequence[Path], target: Path) -> None:
    """Package folders of pipelines by `spacy package`, and install them by `pip` into the folder `target`."""
    with tempfile.TemporaryDirectory() as temporary:
        for pipeline in pipelines:
            package(pipeline, Path(temporary), create_sdist=False, create_wheel=False, silent=True)
        projects = [str(path.parent) for path in Path(temporary).glob("*/setup.py")]
        command = [sys.executable, *INSTALL, "--target", str(target), *projects]
        subprocess.run(command, check=True, timeout=1200)
