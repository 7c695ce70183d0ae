"""What the user has to put right, as opposed to what we have to."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

USUAL_RATE = 5e-5  # learning rate of an encoder


class UserError(ValueError):
    """Its text is one sentence: what was found, what was expected, what to do. No traceback adds to it."""


class WriteError(UserError, OSError):
    """A file or folder of the user's cannot be written: the disk is full, read-only, or not there."""


class CheckpointError(UserError):
    """A checkpoint is missing, incomplete, or holds what is not safe to open."""


class DataError(UserError):
    """A file, or a setting about files, that the user has to put right; its text is one sentence.

    path (Path): the file at fault, if one is.
    line (int): the line at fault, counted from 1.
    """

    def __init__(self, message: str, path: str | Path | None = None, line: int | None = None):
        self.path = path
        self.line = line
        where = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(where + message)


class Diverged(UserError):
    """A number of a training step is not finite: after it the weights are no numbers any more.

    what (str): which one.
    rate (float | None): the learning rate of the step before; None in the first one.
    """

    def __init__(self, what: str, rate: float | None) -> None:
        if rate is None:
            cause = "before anything was learned"
            advice = "finite numbers from the start: see that the pipeline, or the head, that it starts from is sound"
        else:
            cause = f"at a learning rate of {rate:g}"
            lower = f"a lower rate, as {lower_than(rate):.2g} ([training.optimizer] learn_rate)"
            advice = f"{lower}, a longer warmup, or bf16 where it trains in fp16"
        super().__init__(
            f"The training has diverged {cause}: {what} is not a finite number (NaN or infinity). Expected {advice}. "
            "What was saved before stays as it is."
        )


# What libraries raise, each in its own way, at what they cannot read, or build a network of: where somebody else made
# it, none of it is a defect here
UNFIT = (
    ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError,
    ValueError,
)  # fmt: skip
# What no library is at fault for; those written in Rust raise, where their code panics, what is no Exception
OTHERS = (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError, UserError)


def in_one_line(error: BaseException) -> str:
    """RETURNS (str): kind and beginning of what a library raised, which may be paragraphs."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]


@contextmanager
def in_a_sentence(what: str, then: str, kind: type[UserError] = UserError) -> Iterator[None]:
    """Turn what a library raises into a ``UserError``, or into one of its kinds.

    what (str): what was tried and failed, as a sentence begins.
    then (str): what was expected, and what to do.
    """
    try:
        yield
    except OTHERS:
        raise
    except BaseException as error:
        raise kind(f"{what} ({in_one_line(error)}); {then}") from error


def require_packages(*packages: str, extra: str, user: str) -> None:
    """RAISES (UserError): when one of the packages of an extra cannot be imported, which ``user`` needs."""
    for package in packages:
        try:
            import_module(package)
        except ImportError as error:
            raise UserError(
                f"{package} is not installed, and {user} needs it; expected the extra {extra!r}: "
                f'pip install "spacy-bertfam[{extra}]".'
            ) from error


def lower_than(rate: float) -> float:
    """RETURNS (float): a learning rate to try after one that was too high."""
    return min(rate / 10, USUAL_RATE)


def rate_of(optimizer: object) -> float | None:
    """RETURNS (float | None): what an optimizer of Thinc learns at now."""
    rate = getattr(optimizer, "learn_rate", None)
    return float(rate) if isinstance(rate, (int, float)) else None
