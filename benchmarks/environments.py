"""An environment for each other system, so that what one of them pins binds nobody else."""

import subprocess
import sys
import venv
from pathlib import Path
from typing import Dict, Sequence, Tuple

import typer

# environment -> what pip installs into it; this package is in none of them
REQUIREMENTS: Dict[str, Tuple[str, ...]] = {
    "spacy-transformers": ("spacy>=3.8,<3.9", "spacy-transformers>=1.3.9", "typer"),
    "transformers": ("spacy>=3.8,<3.9", "transformers", "torch", "typer"),
}
# Systems that this command does not run, and why
LEFT_OUT: Dict[str, str] = {
    "edsnlp": "not built yet: its heads and its trainer are its own, so the weights of the head cannot be shared",
    "spacy-curated-transformers": "not built yet: it opens vocabularies of its own kind and no tokenizer.json",
}


def environment_of(system: str) -> str:
    """RETURNS (str): the environment of a system of ``foreign``."""
    return "transformers" if system.startswith("pipeline") else "spacy-transformers"


def python_of(folder: Path) -> Path:
    """RETURNS (Path): the interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def find_or_make(name: str, root: Path, *, extra: Sequence[str] = ()) -> Path:
    """The interpreter of an environment, which is made if it is not there.

    extra (Sequence[str]): more arguments for pip, as ``--index-url`` or ``--constraint``.
    Raises a CalledProcessError where pip fails.
    """
    folder = root / name
    done = folder / "installed.txt"
    if not done.is_file():
        typer.echo(f"Environment {name}: installing {', '.join(REQUIREMENTS[name])}", err=True)
        venv.create(folder, with_pip=True, clear=True)
        command = [str(python_of(folder)), "-m", "pip", "install", "--quiet", *extra, *REQUIREMENTS[name]]
        subprocess.run(command, check=True)
        done.write_text("\n".join(REQUIREMENTS[name]) + "\n", encoding="utf8")
    return python_of(folder)
