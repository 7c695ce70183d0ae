"""The vocabulary of the package: what one step hands to the next."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

Ints1d = NDArray[np.int64]
Bools1d = NDArray[np.bool_]
Floats = NDArray[np.float64]

CANDIDATES = "candidates"  # the key in ``doc.spans`` of what is merely likely, each with a score

# Docs -> one row of width nO for each token of each Doc
Tok2VecModel = Model[list[Doc], list[Floats2d]]
# Docs -> one row of tag scores (logits) for each token of each Doc
TaggerModel = Model[list[Doc], list[Floats2d]]
Backprop = Callable[[list[Floats2d]], list[Doc]]


class ScoredSpan(NamedTuple):
    """A labeled span of tokens with the probability that it is an entity of that label."""

    start: int  # index of the first token
    end: int  # index after the last token
    label: str
    score: float  # in [0, 1]


class SpanRows(NamedTuple):
    """Spans over texts that stand end to end, in their order: an array for each thing that is known of them."""

    starts: Ints1d  # Shape: (n_spans,), first token, counted over all texts
    ends: Ints1d  # Shape: (n_spans,), token after the last
    labels: Ints1d  # Shape: (n_spans,), index in the labels of a TagSet


@dataclass(frozen=True)
class Pieces:
    """The word pieces of one text, without special tokens.

    White space at the borders of a piece is not part of it: a piece that is only white space
    (the bare metaspace of SentencePiece) has ``start == end`` and belongs to no token.
    """

    ids: Ints1d  # Shape: (n_pieces,), index into the encoder's embedding
    starts: Ints1d  # Shape: (n_pieces,), character offset in the text, inclusive
    ends: Ints1d  # Shape: (n_pieces,), character offset in the text, exclusive

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Windows:
    """The parts of one text's pieces that go through the network together.

    ``own_starts``/``own_ends`` cut the same pieces into consecutive parts without overlap:
    a token is read from the window that owns its first piece.
    """

    starts: Ints1d  # Shape: (n_windows,), index of the first piece
    ends: Ints1d  # Shape: (n_windows,), index after the last piece
    own_starts: Ints1d  # Shape: (n_windows,), index of the first owned piece
    own_ends: Ints1d  # Shape: (n_windows,), index after the last owned piece

    @property
    def arrays(self) -> tuple[Ints1d, Ints1d, Ints1d, Ints1d]:
        """All four, in the order of the fields."""
        return self.starts, self.ends, self.own_starts, self.own_ends

    def __len__(self) -> int:
        return len(self.starts)


class Transitions(NamedTuple):
    """The weights between neighboring tags, as log weights: -inf is forbidden, 0 is indifferent."""

    between: Floats  # Shape: (n_tags, n_tags), from the row's tag to the column's
    start: Floats  # Shape: (n_tags,), for the first token's tag
    end: Floats  # Shape: (n_tags,), for the last token's tag
