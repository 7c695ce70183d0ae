"""Systems that run in turn over the same texts, and what their times say."""

import time
from collections.abc import Sequence
from statistics import median

import typer

from benchmarks.system import System
from benchmarks.tables import Row

# system -> (seconds, processor seconds) of each round
Times = dict[str, list[tuple[float, float]]]


def alternate(systems: dict[str, System], texts: Sequence[str], *, n_rounds: int) -> Times:
    """Run the systems in turn, ``n_rounds`` times after a short warm-up."""
    for system in systems.values():
        system(texts[:5])
    times: Times = {name: [] for name in systems}
    for n in range(n_rounds):
        for name in in_turn(systems, n):
            wall, processor = time.perf_counter(), time.process_time()
            systems[name](texts)
            passed = time.perf_counter() - wall, time.process_time() - processor
            # the clock of the process may not have moved
            times[name].append((passed[0], max(passed[1], 1e-6)))
            typer.echo(f"round {n + 1} {name}: {times[name][-1][0]:.1f} s", err=True)
    return times


def in_turn(names: Sequence[str] | dict[str, System], n: int) -> list[str]:
    """RETURNS (list[str]): the order of a round; every other one goes backwards."""
    return list(names)[:: -1 if n % 2 else 1]


def rates(times: Times, n_words: int) -> dict[str, Row]:
    """RETURNS (dict[str, Row]): of each system the words a second, the median of its rounds."""
    return {
        name: {
            "words a second": n_words / median(wall for wall, _ in pairs),
            "words a processor second": n_words / median(processor for _, processor in pairs),
        }
        for name, pairs in times.items()
    }


def times_as_long(times: Times, name: str, base: str) -> tuple[float, float]:
    """RETURNS (tuple): how many times as long as ``base`` a system took, by the clock and by processor time: the
    medians of the ratios of each round."""
    pairs = list(zip(times[name], times[base], strict=True))
    wall, processor = (median(own[i] / other[i] for own, other in pairs) for i in (0, 1))
    return wall, processor


def speed_rows(times: Times, memory: dict[str, float], n_words: int, *, base: str = "ours") -> list[Row]:
    """Medians over the rounds, and how many times as fast ``base`` is."""
    rows: list[Row] = []
    for name, rate in rates(times, n_words).items():
        wall, processor = times_as_long(times, name, base)
        rows.append({"system": name, **rate, f"{base} is faster by": wall, "by processor time": processor,
                     "peak MB": memory.get(name, 0.0)})  # fmt: skip
    return rows
