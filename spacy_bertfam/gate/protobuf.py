"""Fields of a protobuf message, read one by one without a schema.

The format: https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator

# Wire types
VARINT, FIXED64, BLOCK, FIXED32 = 0, 1, 2, 5
SIZES = {FIXED32: 4, FIXED64: 8}

# Its number and its value
Field = tuple[int, int | memoryview]


class NoMessage(ValueError):
    """The bytes are no protobuf message."""


def read_fields(content: memoryview) -> Iterator[Field]:
    """YIELDS (Field): number and value of each field, a number or a part of the content.

    RAISES (NoMessage): where the content is no message.
    """
    at, end = 0, len(content)
    while at < end:
        key, at = read_varint(content, at)
        number, wire = key >> 3, key & 7
        if not number:
            raise NoMessage("a field without a number")
        if wire not in (VARINT, BLOCK, *SIZES):
            raise NoMessage(f"a field of wire type {wire}")
        size = SIZES.get(wire, 0)
        if wire in (VARINT, BLOCK):
            size, at = read_varint(content, at)
        if wire == VARINT:
            yield number, size
            continue
        if at + size > end:
            raise NoMessage(f"a field {number} of {size:,} bytes, where {end - at:,} are left")
        yield number, content[at : at + size]
        at += size


def read_varint(content: memoryview, at: int) -> tuple[int, int]:
    """RETURNS (tuple[int, int]): the number, and the place after it. RAISES (NoMessage): where it does not end."""
    value = 0
    for i, byte in enumerate(content[at : at + 10]):
        value |= (byte & 127) << 7 * i
        if byte < 128:
            return value, at + i + 1
    raise NoMessage("a number that does not end")
