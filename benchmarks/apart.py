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

from benchmarks.child import environment
from benchmarks.foreign import SYSTEMS
from benchmarks.peers import prepare
from benchmarks.speed import Times, in_turn, speed_rows
from benchmarks.tables import Row

OURS = "ours"
REFERENCE = "spacy-transformers"
# environment -> what pip installs into it; this package is in none of them
REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "spacy-transformers": ("spacy>=3.8,<3.9", "spacy-transformers>=1.3.9", "typer"),
    "transformers": ("spacy>=3.8,<3.9", "transformers", "torch", "typer"),
    "edsnlp": ("edsnlp[ml]>=0.20", "typer"),
    # numpy: 0.3.1 makes a number of an array with one number, which NumPy 2.4 refuses
    "spacy-curated-transformers": (
        "spacy>=3.8,<3.9", "spacy-curated-transformers>=0.3,<0.4", "numpy<2.4", "safetensors", "sentencepiece",
        "protobuf", "typer",
    ),
}  # fmt: skip


class Worker:
    """A process that runs one system when told to; see ``worker``."""

    def __init__(self, name: str, python: Path, *arguments: Any) -> None:
        command = [str(part) for part in (python, "-m", "benchmarks.worker", name, *arguments)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf8"}
        self.process = subprocess.Popen(command, env=environment(), **pipes)

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
        """Run the system once over all texts. RETURNS (dict): seconds, processor seconds, peak memory."""
        assert self.process.stdin is not None
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return self.read()


def compare_apart(inputs: Any) -> tuple[dict[str, list[Row]], int]:
    """Words a second and peak memory of each system, and what was left out.

    inputs (Inputs): with model and corpus.
    RETURNS (tuple): the tables, and the number of words.
    """
    unknown = sorted(set(inputs.peers) - set(SYSTEMS))
    if unknown:
        raise ValueError(f"--peer: found {', '.join(unknown)}; expected some of {'; '.join(SYSTEMS)}.")
    model, corpus, work = inputs.need("model"), inputs.need("corpus"), inputs.output / "speed"
    n_words = prepare(model, corpus, work, inputs.lang, unit=inputs.unit, n_docs=inputs.n_docs)
    pipelines = {OURS: model, **dict(zip(names_of(inputs.also), inputs.also, strict=True))}
    left_out: dict[str, str] = {}
    with ExitStack() as stack:
        workers = {}
        for name in (*pipelines, *(inputs.peers or SYSTEMS)):
            try:
                python = interpreter(name, inputs.output / "environments")
                pipeline = pipelines.get(name, model)
                worker = stack.enter_context(Worker(name, python, pipeline, work, inputs.lang))
                worker.read()
                workers[name] = worker
            except (OSError, ValueError, subprocess.CalledProcessError) as error:
                left_out[name] = f"could not be built: {error}"
        times, peaks = run_rounds(workers, inputs.n_rounds, left_out)
    if OURS not in times:
        raise ValueError(f"our own pipeline {left_out[OURS]}")
    rows: list[Row] = [{"system": name, "why": why} for name, why in left_out.items()]
    tables = {"Speed and memory": beside(speed_rows(times, peaks, n_words), REFERENCE)}
    return {**tables, **({"Left out": rows} if rows else {})}, n_words


def run_rounds(
    workers: dict[str, Worker], n_rounds: int, left_out: dict[str, str]
) -> tuple[Times, dict[str, float]]:
    """Run all in turn; who ends is left out from then on. RETURNS (tuple): times, and peak memory."""
    times: Times = {}
    peaks: dict[str, float] = {}
    for n in range(n_rounds):
        for name in in_turn(list(workers), n):
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
    return times, peaks


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


def environment_of(system: str) -> str:
    """RETURNS (str): the environment of a system of ``foreign``."""
    name = system.partition(",")[0]
    return name if name in REQUIREMENTS else "transformers"


def interpreter(system: str, root: Path) -> Path:
    """RETURNS (Path): this one for ours; another system has that of its environment, which is made if need be."""
    if system.startswith(OURS):
        return Path(sys.executable)
    name = environment_of(system)
    python = root / name / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = root / name / "installed.txt"
    if not done.is_file():
        typer.echo(f"Environment {name}: installing {', '.join(REQUIREMENTS[name])}", err=True)
        venv.create(root / name, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS[name]], check=True)
        done.write_text("\n".join(REQUIREMENTS[name]) + "\n", encoding="utf8")
    return python
