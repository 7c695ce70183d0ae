"""The pieces of a long text, tokenized part by part: the library's account of a text is many times the text.

Neighboring parts are read with some text more on both sides, and have to agree on the pieces there. Where they do
not, or where no good place for a cut is found, the text is tokenized as a whole.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from ...types import Ints1d

# Characters of a part: some ten thousand words
PART = 65536
# Characters that a part reads beside its own, on each side: some words
CONTEXT = 256
# Parts that are tokenized at the same time
AT_ONCE = 4


class RawPieces(NamedTuple):
    """Pieces as the tokenizers library gives them."""

    ids: Ints1d  # Shape: (n_pieces,)
    offsets: Ints1d  # Shape: (n_pieces, 2), first character and the one after the last

    def between(self, start: int, end: int | None) -> "RawPieces":
        """RETURNS (RawPieces): some of them; to the last one where ``end`` is None."""
        return RawPieces(self.ids[start:end], self.offsets[start:end])


class Part(NamedTuple):
    """Where a part of a text stands, and what is read with it."""

    start: int
    end: int
    read_start: int
    read_end: int


def encode_texts(
    backend: Tokenizer, texts: Sequence[str], *, part: int = PART, context: int = CONTEXT
) -> tuple[RawPieces, Ints1d]:
    """The pieces of all texts, without special ones; each is tokenized for itself.

    part, context (int): as in ``encode_text``.
    RETURNS (tuple[RawPieces, Ints1d]): the pieces, with their places in their own text, and how many each text has.
    """
    if max(map(len, texts), default=0) > part:
        each = [encode_text(backend, text, part=part, context=context) for text in texts]
        counts = np.array([len(pieces.ids) for pieces in each], dtype=np.int64)
        return RawPieces(*map(np.concatenate, zip(*each, strict=True))), counts
    encodings = backend.encode_batch(list(texts), add_special_tokens=False)
    return raw_pieces(encodings), np.array([len(encoding) for encoding in encodings], dtype=np.int64)


def encode_text(backend: Tokenizer, text: str, *, part: int = PART, context: int = CONTEXT) -> RawPieces:
    """The pieces of one text, without special ones.

    part (int): characters of a part; a text that is not longer is read as a whole.
    context (int): characters that are read beside each part.
    """
    if len(text) > part:
        found = _in_parts(backend, text, part, context)
        if found is not None:
            return found
    return raw_pieces([backend.encode(text, add_special_tokens=False)])


def raw_pieces(encodings: Sequence[Encoding]) -> RawPieces:
    """RETURNS (RawPieces): those of several texts, one after the other."""
    n_pieces = sum(map(len, encodings))
    ids = np.fromiter(chain.from_iterable(e.ids for e in encodings), np.int64, n_pieces)
    pairs = chain.from_iterable(chain.from_iterable(e.offsets for e in encodings))
    return RawPieces(ids, np.fromiter(pairs, np.int64, 2 * n_pieces).reshape(-1, 2))


def _in_parts(backend: Tokenizer, text: str, size: int, context: int) -> RawPieces | None:
    """The pieces of the text; None where the parts do not fit together."""
    parts = _cut(text, size, context)
    if parts is None:
        return None
    found: list[RawPieces] = []
    rest: RawPieces | None = None  # of the part before, after its own end
    for part, pieces in zip(parts, _encode(backend, text, parts), strict=True):
        low, high = _place(pieces, part.start), _place(pieces, part.end)
        if low is None or high is None:
            return None
        own = pieces.between(low, high)
        if rest is not None and not _agree(found[-1], rest, pieces.between(0, low), own):
            return None
        found.append(own)
        rest = pieces.between(high, None)
    return RawPieces(*map(np.concatenate, zip(*found, strict=True)))


def _encode(backend: Tokenizer, text: str, parts: Sequence[Part]) -> Iterator[RawPieces]:
    """YIELDS (RawPieces): of each part with what is read beside it, placed in the whole text."""
    for first in range(0, len(parts), AT_ONCE):
        group = parts[first : first + AT_ONCE]
        texts = [text[part.read_start : part.read_end] for part in group]
        encodings = backend.encode_batch(texts, add_special_tokens=False)
        for part, encoding in zip(group, encodings, strict=True):
            ids, offsets = raw_pieces([encoding])
            yield RawPieces(ids, offsets + part.read_start)


def _cut(text: str, size: int, context: int) -> list[Part] | None:
    """Parts of about ``size`` characters, cut before single spaces; None where there is none for long."""
    borders = [0]
    while len(text) - borders[-1] > size + 4 * context:
        border = _space_before(text, borders[-1] + size, lowest=borders[-1] + size // 2)
        if border is None:
            return None
        borders.append(border)
    parts = []
    for start, end in zip(borders, [*borders[1:], len(text)], strict=True):
        low = _space_before(text, start - context, lowest=start - 2 * context) if start else 0
        high = _space_before(text, end + 2 * context, lowest=end + context) if end < len(text) else end
        if low is None or high is None:
            return None
        parts.append(Part(start, end, low, high))
    return parts


def _space_before(text: str, place: int, *, lowest: int) -> int | None:
    """The last place up to ``place`` where one space stands between two words; None where there is none."""
    place = min(place, len(text) - 2)
    while place > max(lowest, 0):
        place = text.rfind(" ", max(lowest, 0) + 1, place + 1)
        if place < 0:
            return None
        if not (text[place - 1].isspace() or text[place + 1].isspace()):
            return place
        place -= 1
    return None


def _place(pieces: RawPieces, border: int) -> int | None:
    """How many pieces stand before a border; None where one stands on both sides of it."""
    is_after: NDArray[np.bool_] = pieces.offsets[:, 0] >= border
    n_before = int((~is_after).sum())
    if is_after[:n_before].any() or (pieces.offsets[:n_before, 1] > border).any():
        return None
    return n_before


def _agree(own: RawPieces, rest: RawPieces, before: RawPieces, following: RawPieces) -> bool:
    """Whether a part (own, rest) and the next one (before, following) found the same pieces around their border."""
    # The outermost words of what a part has read lack their own neighbors
    n_before, n_after = len(before.ids) // 2, len(rest.ids) // 2
    pairs = (
        (own.between(len(own.ids) - n_before, None), before.between(len(before.ids) - n_before, None)),
        (rest.between(0, n_after), following.between(0, n_after)),
    )
    return bool(n_before and n_after) and all(
        np.array_equal(one.ids, other.ids) and np.array_equal(one.offsets, other.offsets)
        for one, other in pairs
    )
