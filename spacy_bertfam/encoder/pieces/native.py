"""Errors of libraries written in Rust, which are plain exceptions, or, where their code panics, none at all."""

from types import TracebackType
from typing import Optional, Type

from ...errors import UserError


def is_no_error(error: BaseException) -> bool:
    """Whether it is something else than a library's trouble with what it was given."""
    return isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError, UserError))


class in_a_sentence:
    """Turns what a library raises into a ``UserError``, or into one of its kinds.

    what (str): what was tried and failed, as a sentence begins.
    then (str): what was expected, and what to do.
    kind (Type[UserError]): of the error.
    """

    def __init__(self, what: str, then: str, kind: Type[UserError] = UserError) -> None:
        self.what, self.then, self.kind = what, then, kind

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if error is not None and not is_no_error(error):
            reason = " ".join(str(error).split())
            raise self.kind(f"{self.what} ({reason:.300}); {self.then}") from error
