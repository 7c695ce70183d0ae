"""A training's table in the terminal: spaCy's, with the losses of heads alone, and how long it will take."""

import sys
from collections.abc import Callable
from pathlib import Path
from timeit import default_timer as timer
from types import SimpleNamespace
from typing import IO, Any

from spacy.language import Language
from spacy.training.loggers import console_logger_v3
from tqdm import tqdm
from wasabi.printer import Printer

AFTER = 10  # steps, from which the time of the others is known

Info = dict[str, Any] | None
Logger = Callable[[Language, IO[str], IO[str]], tuple[Callable[[Info], None], Callable[[], None]]]


def build_console_logger(
    progress_bar: str | None = "train", console_output: bool = True, output_file: str | Path | None = None
) -> Logger:
    """Build spaCy's ``ConsoleLogger.v3`` without the columns of shared encoders, whose loss is the sum of the squared
    gradients of their heads, in the hundreds of thousands, and says nothing about the training.

    An encoder of ours reports none then, and ``meta.json`` of the pipeline has none either. After ten steps a line says
    how long the training will take at most.

    progress_bar (str | None): "train" for the whole training with the time left, "eval" until the next evaluation;
        None for none. In a file there is none.
    console_output (bool): print the table.
    output_file (str | Path | None): write it as JSON lines too.
    """
    table = console_logger_v3(progress_bar, console_output, output_file)

    def setup(nlp: Language, stdout: IO[str] = sys.stdout, stderr: IO[str] = sys.stderr) -> Any:
        encoders = [pipe for _, pipe in nlp.pipeline if hasattr(pipe, "listener_map")]
        for encoder in encoders:
            if hasattr(encoder, "reports_loss"):
                encoder.reports_loss = False
        heads = [(name, pipe) for name, pipe in nlp.pipeline if pipe not in encoders]
        log_row, finalize = table(SimpleNamespace(pipeline=heads, config=nlp.config), stdout, stderr)
        training = nlp.config["training"]
        estimate = Estimate(training["max_steps"], training["eval_frequency"])

        def log_step(info: Info) -> None:
            log_row(info)
            sentence = estimate.after_step()
            if sentence and console_output:
                tqdm.write(Printer(no_print=True).info(sentence), file=stdout)

        return log_step, finalize

    return setup


class Estimate:
    """How long a training takes, by its first steps.

    max_steps (int): 0 where it has no bound, and nothing can be said.
    eval_frequency (int): steps between two evaluations.
    clock (Callable[[], float]): seconds.
    """

    def __init__(self, max_steps: int, eval_frequency: int, *, clock: Callable[[], float] = timer) -> None:
        self.n_left, self.n_evaluations = max_steps - 1 - AFTER, max_steps // eval_frequency
        self._clock = clock
        self._n_calls, self._begin, self._first = 0, clock(), 0.0

    def after_step(self) -> str | None:
        """RETURNS (str | None): a sentence, once; the first step is followed by an evaluation, those after it are
        not as a rule."""
        self._n_calls += 1
        if self._n_calls == 1:
            self._first = self._clock()
        if self._n_calls != 1 + AFTER or self.n_left <= 0:
            return None
        step = (self._clock() - self._first) / AFTER
        evaluation = max(self._first - self._begin - step, 0.0)
        seconds = self.n_left * step + self.n_evaluations * evaluation
        return f"{step:.2g} s a step: at most {in_words(seconds)} to go"


def in_words(seconds: float) -> str:
    """RETURNS (str): a duration as it is spoken of: "40 seconds", "12 minutes", "3.5 hours"."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
