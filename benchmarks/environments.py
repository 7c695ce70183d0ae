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
    "edsnlp": ("edsnlp[ml]>=0.20", "typer"),
    # numpy: 0.3.1 makes a number of an array with one number, which NumPy 2.4 refuses
    "spacy-curated-transformers": (
        "spacy>=3.8,<3.9",
        "spacy-curated-transformers>=0.3,<0.4",
        "numpy<2.4",
        "safetensors",
        "sentencepiece",
        "protobuf",
        "typer",
    ),
}


def environment_of(system: str) -> str:
    """RETURNS (str): the environment of a system of ``foreign``."""
    name = system.partition(",")[0]
    return name if name in REQUIREMENTS else "transformers"


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
