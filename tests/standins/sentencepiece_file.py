"""Unigram pieces as a SentencePiece model, as curated-tokenizers reads it: the few fields that matter."""

import struct
from collections.abc import Iterable

NORMAL, UNKNOWN, CONTROL = 1, 2, 3
UNIGRAM = 1


def sentencepiece_bytes(pieces: Iterable[tuple[str, float]]) -> bytes:
    """
    pieces (Iterable): text and log probability of each, without <unk>, <s> and </s>, which get the ids 0, 1, 2.
    RETURNS (bytes): a ModelProto without any normalization but the space before a text.
    """
    rows = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)]
    rows += [(text, score, NORMAL) for text, score in pieces]
    content = b"".join(_block(1, _piece(*row)) for row in rows)
    content += _block(2, _number(3, UNIGRAM) + _number(40, 0) + _number(41, 1) + _number(42, 2))
    return content + _block(3, _block(1, b"identity") + _number(3, 1) + _number(4, 1) + _number(5, 1))


def _piece(text: str, score: float, kind: int) -> bytes:
    return _block(1, text.encode("utf8")) + _key(2, 5) + struct.pack("<f", score) + _number(3, kind)


def _key(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _number(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value)


def _block(field: int, content: bytes) -> bytes:
    return _key(field, 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
