"""What the encoder's own tokenizer puts between two texts, and which segment (token type) each piece of a pair has."""

from collections.abc import Sequence
from typing import NamedTuple

from tokenizers import Tokenizer

from ...gate import CheckpointError


class PairTemplate(NamedTuple):
    """How a window of a pair is made: prefix, first text, ``between``, second text, suffix."""

    between: tuple[int, ...]  # ids of the special pieces between the texts, as [SEP]
    prefix_types: tuple[int, ...]
    first_type: int
    between_types: tuple[int, ...]
    second_type: int
    suffix_types: tuple[int, ...]

    @property
    def has_segments(self) -> bool:
        """Whether any piece has another segment than 0, which is that of a single text."""
        special = (*self.prefix_types, *self.between_types, *self.suffix_types)
        return any((*special, self.first_type, self.second_type))


def read_template(backend: Tokenizer, prefix: Sequence[int], suffix: Sequence[int]) -> PairTemplate:
    """Read off a sample pair what the tokenizer's post-processor does.

    prefix, suffix (Sequence[int]): ids around a single text, which are to be those around a pair too.
    RAISES (CheckpointError): when it puts anything else around pairs, or in them.
    """
    sample = backend.encode("a", "a", add_special_tokens=True)
    ids, types, texts = sample.ids, sample.type_ids, sample.sequence_ids
    if 0 in texts and 1 in texts:
        a, c = texts.index(0), texts.index(1)
        b, d = len(texts) - texts[::-1].index(0), len(texts) - texts[::-1].index(1)
        if b <= c and (ids[:a], ids[d:]) == (list(prefix), list(suffix)):
            of_pieces = tuple(types[:a]), types[a], tuple(types[b:c]), types[c], tuple(types[d:])
            return PairTemplate(tuple(ids[b:c]), *of_pieces)
    raise CheckpointError(
        f"The encoder's tokenizer makes {' '.join(sample.tokens)!r:.200} of a pair of texts; expected the first one, "
        "separators and the second one, between what stands around a single text: take an encoder that was made to "
        "read pairs, as BERT or RoBERTa."
    )
