"""`spacy-bertfam.batch_by_pieces.v1`: steps of equal cost, in which little is padded.

What a step costs, in time and memory, are its cells: examples times the pieces of the longest one. spaCy's batcher
by words does not bound them, and puts a long text beside short ones.
"""

import logging
import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from spacy.training import Example

from ..errors import UserError
from .piece_counts import make_counter

logger = logging.getLogger("spacy")

ItemT = TypeVar("ItemT")
Size = float | Iterable[float]


def build_batch_by_pieces(
    size: Any, *, buffer: int = 256, discard_oversize: bool = False, encoder: str | None = None
) -> Callable[[Iterable[Example]], Iterator[list[Example]]]:
    """Group examples of like length into batches of at most ``size`` cells, and shuffle the groups.

    size (float | Iterable[float]): cells of a step: examples times the pieces of the longest, special pieces
        counted; or one of spaCy's schedules. With ``accumulate_gradient = n`` a call of the network has an n-th.
    buffer (int): examples among which neighbors in length are looked for. 1 makes batches of one example; a buffer
        as large as the corpus pads least, but then the same examples meet in every epoch.
    discard_oversize (bool): leave out an example that has more pieces than ``size``; false gives it a batch alone.
    encoder (str | None): whose tokenizer counts the pieces, as ``${paths.encoder}``; null estimates.
    RETURNS (Callable): Iterable[Example] -> Iterator[list[Example]]; streams without an end are fine.
    """
    is_number = isinstance(size, (int, float))
    is_size = 1 <= size < math.inf if is_number else isinstance(size, Iterable) and not isinstance(size, str)
    if not is_size:
        expected = "expected 1 or more cells, as 1000, or a schedule"
        raise UserError(f"batch_by_pieces: size is {size!r}; {expected}.")
    if buffer < 1:
        raise UserError(f"batch_by_pieces: buffer is {buffer}; expected 1 or more examples, as 256.")
    count_pieces = make_counter(encoder)
    sizes = without_end(size)

    def measure(examples: Sequence[Example]) -> list[int]:
        return count_pieces([eg.predicted for eg in examples])

    return partial(
        batch_by_cells, measure=measure, sizes=sizes, buffer=buffer, discard_oversize=discard_oversize
    )


def without_end(size: Size) -> Iterator[float]:
    """The sizes one after the other, and the last one for ever."""
    value: float = 1
    for value in [size] if isinstance(size, (int, float)) else size:
        yield value
    while True:
        yield value


def batch_by_cells(
    items: Iterable[ItemT],
    measure: Callable[[Sequence[ItemT]], Sequence[int]],
    sizes: Iterator[float],
    *,
    buffer: int,
    discard_oversize: bool = False,
) -> Iterator[list[ItemT]]:
    """Batches in which items times the longest one's length is at most the next of ``sizes``.

    The order is drawn from Python's ``random``, which spaCy seeds with ``training.seed``.
    RAISES (UserError): when ``discard_oversize`` has left nothing of a corpus: training would turn in a circle.
    """
    stream, n_read, n_given = iter(items), 0, 0
    while block := list(islice(stream, buffer)):
        n_read += len(block)
        lengths = list(measure(block))
        groups = group_by_length(lengths, sizes, discard_oversize=discard_oversize)
        random.shuffle(groups)
        for group in groups:
            n_given += len(group)
            yield [block[i] for i in group]
    if left_out := n_read - n_given:
        logger.info("batch_by_pieces: %d of %d examples are over size and left out.", left_out, n_read)
    if n_read and not n_given:
        raise UserError(
            f"batch_by_pieces: all {n_read} examples have more pieces than size allows, and discard_oversize leaves "
            "them out; expected some that fit: make size larger, or discard_oversize false."
        )


def group_by_length(
    lengths: Sequence[int], sizes: Iterator[float], *, discard_oversize: bool = False
) -> list[list[int]]:
    """RETURNS (list[list[int]]): positions in ``lengths``, from the longest to the shortest; each group holds as many
    as its size has room for, and at least one."""
    groups: list[list[int]] = []
    room, longest = 0, 0
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if groups and (len(groups[-1]) + 1) * longest <= room:
            groups[-1].append(i)
            continue
        room, longest = int(next(sizes)), lengths[i]
        if longest <= room or not discard_oversize:
            groups.append([i])
    return groups
