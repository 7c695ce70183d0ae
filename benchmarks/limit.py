"""How far from the limit: the same windows through the bare network, and what the processor multiplies."""

import time
from pathlib import Path
from statistics import median
from typing import Dict, List, Sequence, Tuple

import torch

from benchmarks import peers
from benchmarks.bare import bare_loop
from benchmarks.tables import Row


def limit_rows(
    times: Dict[str, List[Tuple[float, float]]], n_words: int, *, limit: str = "bare network"
) -> List[Row]:
    """One row for each system, its share of the limit round by round.

    times (Dict): name -> (seconds, processor seconds) of each round.
    """
    rows: List[Row] = []
    for name, pairs in times.items():
        walls = [wall for wall, _ in pairs]
        shares = [(a / c, b / d) for (a, b), (c, d) in zip(times[limit], pairs, strict=True)]
        rows.append(
            {
                "system": name,
                "words a second": n_words / median(walls),
                "slowest": n_words / max(walls),
                "fastest": n_words / min(walls),
                "share of the limit": float(median(a for a, _ in shares)),
                "words a processor second": n_words / median(b for _, b in pairs),
                "share by processor time": float(median(b for _, b in shares)),
            }
        )
    return rows


def verdict(rows: Sequence[Row], runtime: str) -> str:
    """RETURNS (str): the share in one sentence."""
    ours = next(row for row in rows if row["system"] == "nlp.pipe")
    share, processor = ours["share of the limit"], ours["share by processor time"]
    return (
        f"{runtime}: nlp.pipe has {share:.0%} of the speed of its own bare network, "
        f"{processor:.0%} by processor time"
    )


def systems(trained: Path, texts: Sequence[str]) -> Dict[str, peers.System]:
    """The pipeline, and its network alone, in the same runtime, on windows that are cut, sorted and padded
    beforehand."""
    return {"nlp.pipe": peers.ours(trained), "bare network": bare_loop(trained, texts)}


def multiplication_rows(*, size: int = 1024, n_rounds: int = 5) -> List[Row]:
    """The rate of a large matrix product in float32, on one thread and on as many as torch takes."""
    rows = []
    n_threads = torch.get_num_threads()
    for n in sorted({1, n_threads}):
        torch.set_num_threads(n)
        a, b = torch.randn(size, size), torch.randn(size, size)
        rates = []
        for _ in range(n_rounds + 1):
            start = time.perf_counter()
            a @ b
            rates.append(2 * size**3 / (time.perf_counter() - start) / 1e9)
        rates = rates[1:]  # the first one warms up
        rows.append(
            {"threads": n, "GFLOPS": float(median(rates)), "lowest": min(rates), "highest": max(rates)}
        )
    torch.set_num_threads(n_threads)
    return rows
