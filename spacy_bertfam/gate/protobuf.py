"""Fields of a protobuf message, read one by one without a schema.

The format: https://protobuf.dev/programming-guides/encoding/
"""

from typing import Iterator, Tuple, Union

# Wire types
VARINT, FIXED64, BLOCK, FIXED32 = 0, 1, 2, 5
SIZES = {FIXED32: 4, FIXED64: 8}

# Its number and its value
Field = Tuple[int, Union[int, memoryview]]


class NoMessage(ValueError):
    """The bytes are no protobuf message."""


def read_fields(content: memoryview) -> Iterator[Field]:
    """YIELDS (Field): number and value of each field, a number or a part of the content.

    RAISES (NoMessage): where the content is no message.
    """
    at, end = 0, len(content)
    while at < end:
        key, at = _read_varint(content, at, end)
        wire = key & 7
        if key < 8:
            raise NoMessage("a field without a number")
        if wire == VARINT:
            number, at = _read_varint(content, at, end)
            yield key >> 3, number
            continue
        if wire == BLOCK:
            size, at = _read_varint(content, at, end)
        elif wire in SIZES:
            size = SIZES[wire]
        else:
            raise NoMessage(f"a field of wire type {wire}")
        if at + size > end:
            raise NoMessage(f"a field {key >> 3} of {size:,} bytes, where {end - at:,} are left")
        yield key >> 3, content[at : at + size]
        at += size


def _read_varint(content: memoryview, at: int, end: int) -> Tuple[int, int]:
    """RETURNS (Tuple[int, int]): the number, and the place after it."""
    value = shift = 0
    while at < end and shift < 70:
        byte = content[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise NoMessage("a number that does not end")
