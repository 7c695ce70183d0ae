"""Errors of libraries written in Rust, which are plain exceptions, or, where their code panics, none at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import UserError

OTHERS = (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError, UserError)


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
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise kind(f"{what} ({reason:.300}); {then}") from error
