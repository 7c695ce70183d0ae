"""A process that holds one system and runs it once for each line that it is sent."""

import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

import typer

from benchmarks.foreign import SYSTEMS
from benchmarks.machine import peak_memory, reset_peak

# Characters of each text that is read before anything is measured
WARM_UP = 5000


def say(**figures: Any) -> None:
    """Print one line of JSON, at once."""
    print(json.dumps(figures), flush=True)


def main(name: str, trained: Path, work: Path, lang: str) -> None:
    """Build the system, warm it up, say so; then answer each line with the seconds of one run."""
    texts = json.loads((work / "texts.json").read_text(encoding="utf8"))
    if name.startswith("ours"):
        from benchmarks.peers import ours

        system = ours(trained)
    else:
        system = SYSTEMS[name](work, lang)
    system([text[:WARM_UP] for text in texts[:5]])
    gc.collect()
    reset_peak()  # a head that was trained while building took more than reading does
    say(ready=True)
    for _ in sys.stdin:
        wall, processor = time.perf_counter(), time.process_time()
        system(texts)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        say(seconds=wall, processor_seconds=processor, peak_mb=peak_memory())


if __name__ == "__main__":
    typer.run(main)
