"""A SentencePiece model as `tokenizers` needs it, read off its protobuf: pieces, scores, and how texts are normalized.

The format: https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto
"""

import struct
from dataclasses import dataclass
from typing import Any

from ...errors import UserError
from ...gate.protobuf import read_fields

# Types of pieces, and of models
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
UNIGRAM = 1


@dataclass(frozen=True)
class SentencePieceModel:
    """What a unigram model consists of."""

    # text, log probability, type; the index is SentencePiece's own id
    pieces: tuple[tuple[str, float, int], ...]
    charsmap: bytes  # compiled map of characters (NFKC and the like); empty where characters stay
    add_prefix: bool  # whether a space is put before each text
    trim_spaces: bool  # whether white space at the ends, and more than one in a row, is dropped

    @property
    def unknown(self) -> int:
        """The id of the unknown piece."""
        return next(i for i, (_, _, kind) in enumerate(self.pieces) if kind == UNKNOWN)


def read_sentencepiece(content: bytes) -> SentencePieceModel:
    """Parse a ModelProto. RAISES (UserError): when it is no unigram model over characters."""
    try:
        fields = _read_message(content)
        pieces = tuple(_read_piece(block) for block in fields.get(1, []))
        trainer, normalizer = (_read_message(fields[i][-1]) if i in fields else {} for i in (2, 3))
    except (TypeError, ValueError, struct.error) as error:
        raise UserError(
            f"The pipeline's SentencePiece model cannot be read ({error}); expected a ModelProto: the pipeline is "
            "damaged, install it again."
        ) from error
    kind = trainer.get(3, [UNIGRAM])[-1]
    kinds = {kind for _, _, kind in pieces}
    if kind != UNIGRAM or BYTE in kinds or UNKNOWN not in kinds:
        raise UserError(
            f"The pipeline's SentencePiece model is of type {kind} with {len(pieces)} pieces"
            f"{' and falls back to bytes' if BYTE in kinds else ''}; expected a unigram model (type {UNIGRAM}) with an "
            "unknown piece, as CamemBERT, XLM-R and ALBERT have: this one cannot be rebuilt."
        )
    return SentencePieceModel(
        pieces,
        charsmap=bytes(normalizer.get(2, [b""])[-1]),
        add_prefix=bool(normalizer.get(3, [1])[-1]),
        trim_spaces=bool(normalizer.get(4, [1])[-1]),
    )


def _read_piece(block: Any) -> tuple[str, float, int]:
    fields = _read_message(block)
    score = struct.unpack("<f", fields[2][-1])[0] if 2 in fields else 0.0
    return bytes(fields.get(1, [b""])[-1]).decode("utf8"), score, fields.get(3, [NORMAL])[-1]


def _read_message(content: Any) -> dict[int, list[Any]]:
    """RETURNS (dict[int, list[Any]]): field number -> its values, in the order of the message."""
    found: dict[int, list[Any]] = {}
    for number, value in read_fields(memoryview(content)):
        found.setdefault(number, []).append(value)
    return found
