"""Pipelines as installed packages: what `spacy download` leaves, without a network."""

import subprocess
import sys
from pathlib import Path

import srsly
from spacy.cli.package import package


def install_pipeline(pipeline: Path, target: Path) -> None:
    """Package a pipeline's folder by `spacy package`, and install it by `pip` into the folder `target`."""
    built = target.with_name(f"{target.name}_built")
    built.mkdir(parents=True, exist_ok=True)
    package(pipeline, built, create_sdist=False, create_wheel=False, force=True, silent=True)
    (project,) = built.glob(f"{package_name(pipeline)}-*/setup.py")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--target", str(target), str(project.parent)], check=True, timeout=300)


def package_name(pipeline: Path) -> str:
    """RETURNS (str): what `spacy package` calls a pipeline's folder."""
    meta = srsly.read_json(pipeline / "meta.json")
    return f"{meta['lang']}_{meta['name']}"
