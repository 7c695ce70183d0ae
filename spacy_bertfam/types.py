"""The vocabulary of the package: what one step hands to the next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

Ints1d = NDArray[np.int64]
Bools1d = NDArray[np.bool_]
Floats = NDArray[np.float64]
T_contra = TypeVar("T_contra", contravariant=True)

# Docs -> one row of width nO for each token of each Doc
Tok2VecModel = Model[list[Doc], list[Floats2d]]
# Docs -> one row of tag scores (logits) for each token of each Doc
TaggerModel = Model[list[Doc], list[Floats2d]]


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


class HeadLoss(Protocol[T_contra]):
    """How a head turns scores and gold tags into a loss: kept as ``model.attrs["head_loss"]``."""

    def __call__(
        self, model: TaggerModel, scores: Sequence[Floats2d], gold: Sequence[Bools1d], tag_set: T_contra
    ) -> tuple[float, list[Floats2d]]:
        """Loss and its gradient.

        scores (Sequence[Floats2d]): for each Doc, Shape: (n_tokens, n_tags).
        gold (Sequence[NDArray[bool]]): for each Doc, Shape: (n_tokens, n_tags), the tags that the
            annotation allows; a row that allows every tag is missing annotation.
        tag_set (TagSet): the tags of the columns, and which may follow which.
        RETURNS (tuple[float, list[Floats2d]]): the summed loss and its gradient by score.
        """
        ...


class Teaching(Protocol[T_contra]):
    """What a recognizer learns from beside its annotation: kept as ``BertfamNER.teaching`` while it trains."""

    def __call__(
        self,
        ner: T_contra,
        docs: Sequence[Doc],
        scores: Sequence[Floats2d],
        annotated: tuple[float, list[Floats2d]],
    ) -> tuple[float, list[Floats2d]]:
        """Loss and gradient by score, both kinds of teaching together.

        ner (BertfamNER): the component.
        scores (Sequence[Floats2d]): of each Doc, Shape: (n_tokens, n_tags).
        annotated (tuple[float, list[Floats2d]]): loss and gradient of the annotation alone.
        """
        ...


class Tags(Protocol):
    """The tags of a head, as a ``TagSet`` has them."""

    @property
    def tags(self) -> Sequence[str]: ...
    @property
    def scheme(self) -> str: ...
    @property
    def labels(self) -> tuple[str, ...]: ...


class HeadLabels(Protocol):
    """What the rows of a trained head stand for."""

    @property
    def tag_set(self) -> Tags: ...
    @property
    def names(self) -> Sequence[str]: ...  # the classes by row
    @property
    def rows(self) -> Sequence[int]: ...  # for each tag its row, or -1


class TrainedHead(Protocol):
    """A head that was trained elsewhere: what a component takes over from it."""

    @property
    def labels(self) -> HeadLabels: ...

    def copy_into(self, model: TaggerModel, tags: Sequence[str]) -> None:
        """Copy the weights of the tags that the head knows; ``tags`` are those of the model's rows."""
        ...


Backprop = Callable[[list[Floats2d]], list[Doc]]
