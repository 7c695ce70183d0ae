"""Words a second and peak memory of `nlp.pipe`, beside other ways to run the same weights."""

import gc
import json
import time
from pathlib import Path
from statistics import median
from typing import Dict, List, Sequence, Tuple

import typer
from spacy.tokens import Doc

from benchmarks import foreign, peers
from benchmarks.bare import bare_loop
from benchmarks.child import run_module
from benchmarks.corpus import convert_parts, read_docs
from benchmarks.machine import peak_memory, reset_peak
from benchmarks.reference import compare_entities, reference_of
from benchmarks.tables import Row, report
from benchmarks.windows import compare_cells, compare_windows, parse_pairs
from spacy_bertfam.encoder.model import encoder_shim

NAMES = ("ours", *foreign.names_here(), "bare loop")


def build(name: str, trained: Path, work: Path, texts: Sequence[str], lang: str) -> foreign.System:
    """RETURNS (Callable): the system of that name, ready to run."""
    if name == "ours":
        return peers.ours(trained)
    if name == "bare loop":
        return bare_loop(trained, texts)
    return foreign.build_foreign(name, work, lang)


def alternate(
    systems: Dict[str, foreign.System], texts: Sequence[str], *, n_rounds: int
) -> Dict[str, List[Tuple[float, float]]]:
    """Run the systems in turn, ``n_rounds`` times after a short warm-up.

    RETURNS (Dict): for each the (seconds, processor seconds) of every round.
    """
    for system in systems.values():
        system(texts[:5])
    times: Dict[str, List[Tuple[float, float]]] = {name: [] for name in systems}
    for n in range(n_rounds):
        for name in list(systems)[:: -1 if n % 2 else 1]:
            wall, processor = time.perf_counter(), time.process_time()
            systems[name](texts)
            times[name].append((time.perf_counter() - wall, time.process_time() - processor))
            typer.echo(f"round {n + 1} {name}: {times[name][-1][0]:.1f} s", err=True)
    return times


def speed_rows(
    times: Dict[str, List[Tuple[float, float]]], memory: Dict[str, float], n_words: int, *, base: str = "ours"
) -> List[Row]:
    """Medians over the rounds; the ratios are ``base`` over each system, round by round."""
    rows: List[Row] = []
    for name, pairs in times.items():
        ratios = [(a / c, b / d) for (a, b), (c, d) in zip(pairs, times[base], strict=True)]
        rows.append(
            {
                "system": name,
                "words a second": n_words / median(a for a, _ in pairs),
                f"{base} is faster by": float(median(a for a, _ in ratios)),
                "words a processor second": n_words / median(b for _, b in pairs),
                "by processor time": float(median(b for _, b in ratios)),
                "peak MB": memory.get(name, 0.0),
            }
        )
    return rows


def measure_memory(name: str, trained: Path, work: Path, texts: Path, lang: str) -> float:
    """RETURNS (float): the peak memory, in megabytes, of a process that only builds and runs this system."""
    return float(run_module("benchmarks.speed", "one", name, trained, work, texts, lang))


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command("one", hidden=True)
def one_cli(name: str, trained: Path, work: Path, texts: Path, lang: str) -> None:
    """Run one system over the texts once, and print the peak memory of the process meanwhile."""
    loaded = json.loads(texts.read_text(encoding="utf8"))
    system = build(name, trained, work, loaded, lang)
    gc.collect()
    reset_peak()  # a head that was trained while building took more than reading does
    system(loaded)
    typer.echo(peak_memory())


@app.command("compare")
def compare_cli(
    trained: Path = typer.Argument(..., help="Pipeline of quality.py: OUTPUT/ours/model-last"),
    corpus: Path = typer.Argument(..., help="Folder with dev.jsonl"),
    output: Path = typer.Argument(..., help="Folder for what the other systems need, and for the figures"),
    lang: str = typer.Option("fr"),
    n_docs: int = typer.Option(0, help="Only the first documents; 0 is all"),
    n_rounds: int = typer.Option(5),
    systems: str = typer.Option(";".join(NAMES), help="Which of them, with semicolons between"),
    memory: bool = typer.Option(True, help="Measure the peak memory too, each system in its own process"),
) -> None:
    """Speed and memory of each system, and whether our entities are those of the reference."""
    require(trained / "config.cfg", corpus / "dev.jsonl")
    names = [name.strip() for name in systems.split(";")]
    if set(names) - set(NAMES):
        raise typer.BadParameter(f"--systems: found {systems!r}; expected some of {'; '.join(NAMES)}.")
    gold = peers.prepare(trained, corpus, output, lang)[: n_docs or None]
    texts = [doc.text for doc in gold]
    place = output / "texts.json"
    place.write_text(json.dumps(texts), encoding="utf8")
    peaks = {n: measure_memory(n, trained, output, place, lang) for n in names} if memory else {}
    running = {name: build(name, trained, output, texts, lang) for name in names}
    times = alternate(running, texts, n_rounds=n_rounds)
    tables = {
        "Speed and memory": speed_rows(times, peaks, sum(map(len, gold)), base=names[0]),
        "Entities beside the reference": equality_rows(trained, output, texts),
    }
    settings = {"documents": len(texts), "words": sum(map(len, gold)), "rounds": n_rounds}
    typer.echo(report("Prediction speed", tables, output / "speed.json", **settings))


@app.command("windows")
def windows_cli(
    trained: Path = typer.Argument(..., help="Pipeline of quality.py: OUTPUT/ours/model-last"),
    corpus: Path = typer.Argument(..., help="Folder with dev.jsonl"),
    output: Path = typer.Argument(..., help="Folder for the figures"),
    pairs: str = typer.Option("510/128,254/64,254/0,126/32,126/0", help="WINDOW/OVERLAP,..."),
    cells: str = typer.Option("512,1024,2048,4096,8192", help="Values of max_batch_pieces"),
    lang: str = typer.Option("fr"),
    n_docs: int = typer.Option(0, help="Only the first documents; 0 is all"),
    n_rounds: int = typer.Option(3),
) -> None:
    """What other windows, and other bounds on a chunk, cost and bring."""
    require(trained / "config.cfg", corpus / "dev.jsonl")
    try:
        chosen, bounds = parse_pairs(pairs), [int(n) for n in cells.split(",")]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    gold = dev_docs(corpus, output, lang)[: n_docs or None]
    run = lambda systems: alternate(systems, [doc.text for doc in gold], n_rounds=n_rounds)  # noqa: E731
    tables = {
        "Windows": compare_windows(trained, gold, chosen, run),
        "Bound on a chunk (max_batch_pieces)": compare_cells(trained, gold, bounds, run),
    }
    settings = {"documents": len(gold), "words": sum(map(len, gold)), "rounds": n_rounds}
    typer.echo(report("Windows", tables, output / "windows.json", **settings))


def require(*paths: Path) -> None:
    """Leave with one sentence where something is not there."""
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        typer.echo(
            f"Error: not found: {', '.join(missing)}; expected a trained pipeline and a corpus.", err=True
        )
        raise typer.Exit(1)


def dev_docs(corpus: Path, output: Path, lang: str) -> List[Doc]:
    """RETURNS (List[Doc]): the annotated documents of the dev part."""
    return read_docs(convert_parts({"dev": corpus / "dev.jsonl"}, output, lang=lang, unit="doc")["dev"], lang)


def equality_rows(trained: Path, work: Path, texts: List[str]) -> List[Row]:
    """One row for the window that the pipeline has, and one for the widest."""
    rows = []
    for window in (None, 510):
        nlp = peers.load_with(trained, **({"window": window} if window else {}))
        size = encoder_shim(nlp.get_pipe("encoder").model).window_size()  # type: ignore[attr-defined]
        rows.append(compare_entities(nlp, reference_of(nlp, work / "classifier"), texts, size.window))
    return rows


if __name__ == "__main__":
    app()
