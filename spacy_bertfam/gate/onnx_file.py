"""An ONNX file: one graph whose numbers are all in it, of operations that engines have, with no absurd sizes.

The format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

import struct
from itertools import islice
from pathlib import Path
from typing import List, Mapping, Sequence, Tuple

from .errors import CheckpointError
from .protobuf import Field, NoMessage, read_fields

# Kind of message: number of a field in it -> kind of what is in the field
INNER: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph"},
    "tensor": {},
}
# Fields that no export has, and that make an engine do or read more than the graph says
REFUSED: Mapping[str, Mapping[int, str]] = {
    "model": {20: "a training graph", 25: "functions of its own"},
    "graph": {15: "sparse tensors"},
    "node": {},
    "attribute": {22: "sparse tensors", 23: "sparse tensors"},
    "tensor": {13: "numbers in files beside it"},
}
OPERATION, DOMAIN, LOCATION = 4, 7, 14
DOMAINS = (b"", b"ai.onnx", b"com.microsoft", b"org.openvinotoolkit")
READS_FILES = (b"EPContext", b"PyOp", b"PyCustomOp")
# Of a tensor of a few integers, which may be a shape: type of data -> format; fields of the numbers
DATA_TYPE, INT32_DATA, INT64_DATA, RAW_DATA = 2, 5, 7, 9
FORMATS = {6: "i", 7: "q", 12: "I", 13: "Q"}
MAX_RANK = 24
# Larger ones stand for "to the end"
END = 1 << 62
MAX_SHAPE = 1 << 28
MAX_FIELDS = 3_000_000  # BERT's graph has 30,000


def check_onnx(content: bytes, path: Path) -> None:
    """
    content (bytes): of the file.
    path (Path): for errors.
    RAISES (CheckpointError): where it is no ONNX file, or one that names files or huge sizes.
    """
    # onnxruntime and OpenVINO read other formats too, and tell them by their first bytes
    if not content.startswith(b"\x08") or content[4:8] == b"ORTM":
        raise _refusal(path, "is no ONNX file")
    waiting: List[Tuple[str, memoryview]] = [("model", memoryview(content))]
    n_fields = 0
    try:
        while waiting:
            kind, message = waiting.pop()
            fields = list(islice(read_fields(message), MAX_FIELDS))
            n_fields += len(fields)
            if n_fields >= MAX_FIELDS:
                raise _refusal(path, f"has {MAX_FIELDS:,} fields and more")
            waiting += _check_message(kind, fields, path)
    except NoMessage as error:
        raise _refusal(path, f"is no whole ONNX file ({error})") from error


def _check_message(kind: str, fields: Sequence[Field], path: Path) -> List[Tuple[str, memoryview]]:
    """RETURNS (List[Tuple[str, memoryview]]): the messages in it, with their kinds."""
    inner, refused = INNER[kind], REFUSED[kind]
    found = []
    for number, value in fields:
        if number in refused:
            raise _refusal(path, f"has {refused[number]}")
        if number in inner:
            if isinstance(value, int):
                raise _refusal(path, f"has a number in place of a {inner[number]}")
            found.append((inner[number], value))
    if kind == "node":
        _check_node(fields, path)
    if kind == "tensor":
        _check_tensor(fields, path)
    return found


def _check_node(fields: Sequence[Field], path: Path) -> None:
    for number, value in fields:
        if number == DOMAIN and value not in DOMAINS:
            raise _refusal(path, "has an operation that is neither ONNX's own nor an engine's")
        if number == OPERATION and value in READS_FILES:
            raise _refusal(path, "has an operation that reads files or runs Python")


def _check_tensor(fields: Sequence[Field], path: Path) -> None:
    if any(value for number, value in fields if number == LOCATION):
        raise _refusal(path, "has numbers in files beside it")
    product = 1
    for size in _few_integers(fields):
        product *= abs(size) if abs(size) < END else 1
    if product > MAX_SHAPE:
        raise _refusal(path, f"has a shape of {product:,} numbers")


def _few_integers(fields: Sequence[Field]) -> List[int]:
    """Those of a tensor that may be a shape; none of another."""
    last = dict(fields)
    kind = last.get(DATA_TYPE)
    layout = FORMATS.get(kind) if isinstance(kind, int) else None
    if layout is None:
        return []
    raw, width = last.get(RAW_DATA), struct.calcsize(layout)
    if isinstance(raw, memoryview) and len(raw):
        n = len(raw) // width
        return list(struct.unpack_from(f"<{n}{layout}", raw)) if n <= MAX_RANK else []
    numbers: List[int] = []
    for number, value in fields:
        if number in (INT32_DATA, INT64_DATA):
            numbers += [value] if isinstance(value, int) else _packed(value)
    signed = [number - (1 << 64) if number >> 63 else number for number in numbers]
    return signed if len(signed) <= MAX_RANK else []


def _packed(content: memoryview) -> List[int]:
    """Numbers of a repeated field in one block."""
    numbers, value, shift = [], 0, 0
    for byte in content[: 10 * (MAX_RANK + 1)]:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(value)
            value = shift = 0
    return numbers


def _refusal(path: Path, found: str) -> CheckpointError:
    return CheckpointError(
        f"{path} {found}; expected a graph in one file, as `bertfam optimize` writes it: make it anew, or remove the "
        "folder."
    )
