"""Systems that run in turn over the same texts, and what their times say."""

import time
from collections.abc import Sequence
from statistics import median

import typer

from benchmarks.system import System
from benchmarks.tables import Row


def alternate(
    systems: dict[str, System], texts: Sequence[str], *, n_rounds: int
) -> dict[str, list[tuple[float, float]]]:
    """Run the systems in turn, ``n_rounds`` times after a short warm-up.

    RETURNS (Dict): for each the (seconds, processor seconds) of every round.
    """
    for system in systems.values():
        system(texts[:5])
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in systems}
    for n in range(n_rounds):
        for name in list(systems)[:: -1 if n % 2 else 1]:
            wall, processor = time.perf_counter(), time.process_time()
            systems[name](texts)
            times[name].append((time.perf_counter() - wall, time.process_time() - processor))
            typer.echo(f"round {n + 1} {name}: {times[name][-1][0]:.1f} s", err=True)
    return times


def speed_rows(
    times: dict[str, list[tuple[float, float]]], memory: dict[str, float], n_words: int, *, base: str = "ours"
) -> list[Row]:
    """Medians over the rounds; the ratios are ``base`` over each system, round by round."""
    rows: list[Row] = []
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
