"""Our prediction beside other systems, each in a process and an environment of its own, in turn."""

import json
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import typer

from benchmarks import foreign
from benchmarks.child import environment
from benchmarks.peers import prepare
from benchmarks.speed import speed_rows
from benchmarks.tables import Row

OURS = "ours"
REFERENCE = "spacy-transformers"
Times = dict[str, list[tuple[float, float]]]
# environment -> what pip installs into it; this package is in none of them
REQUIREMENTS: dict[str, tuple[str, ...]] = {
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


class Worker:
    """A process that runs one system when told to; see ``worker``."""

    def __init__(self, name: str, python: Path, *arguments: Any) -> None:
        command = [str(part) for part in (python, "-m", "benchmarks.worker", name, *arguments)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf8",
            env=environment(),
        )

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()

    def read(self) -> dict[str, Any]:
        """The next line of JSON that it prints. Raises a ValueError where it has ended instead."""
        for line in self.process.stdout or ():
            if line.startswith("{"):
                return json.loads(line)
        raise ValueError(f"a system ended with exit code {self.process.wait()}; see its errors above.")

    def run(self) -> dict[str, Any]:
        """Run the system once over all texts. RETURNS (Dict): seconds, processor seconds, peak memory."""
        assert self.process.stdin is not None
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return self.read()


def compare_apart(inputs: Any) -> tuple[dict[str, list[Row]], int]:
    """Words a second and peak memory of each system, and what was left out.

    inputs (Inputs): with model and corpus.
    RETURNS (Tuple): the tables, and the number of words.
    """
    unknown = sorted(set(inputs.peers) - set(foreign.names()))
    if unknown:
        raise ValueError(
            f"--peer: found {', '.join(unknown)}; expected some of {'; '.join(foreign.names())}."
        )
    work = inputs.output / "speed"
    docs = prepare(inputs.model, inputs.corpus, work, inputs.lang, unit=inputs.unit, n_docs=inputs.n_docs)
    n_words = sum(map(len, docs))
    pipelines = {OURS: inputs.model, **dict(zip(names_of(inputs.also), inputs.also, strict=True))}
    times: Times = {}
    peaks: dict[str, float] = {}
    left_out: dict[str, str] = {}
    with ExitStack() as stack:
        workers = {}
        for name in (*pipelines, *(inputs.peers or foreign.names())):
            try:
                python = interpreter(name, inputs.output / "environments")
                pipeline = pipelines.get(name, inputs.model)
                worker = stack.enter_context(Worker(name, python, pipeline, work, inputs.lang))
                worker.read()
                workers[name] = worker
            except (OSError, ValueError, subprocess.CalledProcessError) as error:
                left_out[name] = f"could not be built: {error}"
        for n in range(inputs.n_rounds):
            for name in list(workers)[:: -1 if n % 2 else 1]:
                try:
                    found = workers[name].run()
                except (OSError, ValueError) as error:  # as one for which the memory was too small
                    left_out[name] = f"ended while it read: {error}"
                    del workers[name]
                    times.pop(name, None)
                    continue
                times.setdefault(name, []).append((found["seconds"], found["processor_seconds"]))
                peaks[name] = found["peak_mb"]
                typer.echo(f"round {n + 1} {name}: {found['seconds']:.1f} s", err=True)
    if OURS not in times:
        raise ValueError(f"our own pipeline {left_out[OURS]}")
    rows: list[Row] = [{"system": name, "why": why} for name, why in left_out.items()]
    tables = {"Speed and memory": beside(speed_rows(times, peaks, n_words), REFERENCE)}
    return {**tables, **({"Left out": rows} if rows else {})}, n_words


def names_of(folders: Sequence[Path]) -> list[str]:
    """RETURNS (list[str]): a name for each pipeline, by its folder, and by the folder around it where two are alike."""
    last = Counter(folder.name for folder in folders)
    return [
        f"{OURS}, {folder.name if last[folder.name] == 1 else folder.parent.name + '/' + folder.name}"
        for folder in folders
    ]


def beside(rows: list[Row], reference: str) -> list[Row]:
    """RETURNS (list[Row]): with how many times as fast each system is as one of them, where that one ran."""
    speed = next((row["words a processor second"] for row in rows if row["system"] == reference), None)
    if speed is None:
        return rows
    return [{**row, f"times {reference}": row["words a processor second"] / speed} for row in rows]


def interpreter(name: str, root: Path) -> Path:
    """RETURNS (Path): this one for ours, that of its environment for another system."""
    return Path(sys.executable) if name.startswith(OURS) else find_or_install(environment_of(name), root)


def environment_of(system: str) -> str:
    """RETURNS (str): the environment of a system of ``foreign``."""
    name = system.partition(",")[0]
    return name if name in REQUIREMENTS else "transformers"


def python_of(folder: Path) -> Path:
    """RETURNS (Path): the interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def find_or_install(name: str, root: Path) -> Path:
    """The interpreter of an environment, which is made if it is not there."""
    folder = root / name
    done = folder / "installed.txt"
    if not done.is_file():
        typer.echo(f"Environment {name}: installing {', '.join(REQUIREMENTS[name])}", err=True)
        venv.create(folder, with_pip=True, clear=True)
        command = [str(python_of(folder)), "-m", "pip", "install", "--quiet", *REQUIREMENTS[name]]
        subprocess.run(command, check=True)
        done.write_text("\n".join(REQUIREMENTS[name]) + "\n", encoding="utf8")
    return python_of(folder)
