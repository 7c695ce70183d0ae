"""A logger for `spacy train --code` that times the training steps alone, without the evaluations between."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import spacy
from spacy.language import Language

from benchmarks.machine import peak_memory
from benchmarks.tables import write_json

Log = Callable[[dict[str, Any] | None], None]


@spacy.registry.loggers("benchmarks.StepTimer.v1")
def build_step_timer(output: str) -> Callable[[Language, IO, IO], tuple[Log, Callable[[], None]]]:
    """Write the seconds a step and the peak memory into the JSON file ``output`` when training ends."""

    def setup(
        nlp: Language, stdout: IO = sys.stdout, stderr: IO = sys.stderr
    ) -> tuple[Log, Callable[[], None]]:
        times: list[float] = []
        processor: list[float] = []
        evaluated: list[bool] = []
        scores: list[dict[str, Any]] = []

        def log_step(info: dict[str, Any] | None) -> None:
            times.append(time.perf_counter())
            processor.append(time.process_time())
            evaluated.append(info is not None)
            if info is not None:
                scores.append({key: info[key] for key in ("step", "epoch", "score")})
                stdout.write(f"step {info['step']} score {info['score']} losses {info['losses']}\n")
                stdout.flush()

        def finalize() -> None:
            figures = {
                "steps": len(times),
                "seconds_a_step": mean_gap(times, evaluated),
                "processor_seconds_a_step": mean_gap(processor, evaluated),
                "peak_mb": peak_memory(),
            }
            write_json(Path(output), {**figures, "scores": scores})

        return log_step, finalize

    return setup


def mean_gap(times: list[float], evaluated: list[bool]) -> float:
    """RETURNS (float): the mean time between neighboring steps with no evaluation in, and no saving after, either of
    them; 0 where there are none."""
    gaps = [
        times[i] - times[i - 1] for i in range(1, len(times)) if not evaluated[i] and not evaluated[i - 1]
    ]
    return sum(gaps) / max(1, len(gaps))
