"""An ONNX file: one graph whose numbers are all in it, of operations that engines have, with no absurd sizes.

The format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

import struct
from collections.abc import Collection, Sequence
from itertools import islice
from pathlib import Path

from ..errors import CheckpointError
from .protobuf import Field, NoMessage, read_fields, read_varint

# Kind of message: number of a field in it -> kind of what is in the field
INNER = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph"},
    "tensor": dict[int, str](),
}
# Fields that no export has, and that make an engine do or read more than the graph says
OUTSIDE = "numbers in files beside it"
REFUSED = {
    "model": {20: "a training graph", 25: "functions of its own"},
    "graph": {15: "sparse tensors"},
    "attribute": {22: "sparse tensors", 23: "sparse tensors"},
    "tensor": {13: OUTSIDE},
}
OPERATION, DOMAIN, LOCATION = 4, 7, 14
DOMAINS: Collection[object] = (b"", b"ai.onnx", b"com.microsoft", b"org.openvinotoolkit")
READS_FILES: Collection[object] = (b"EPContext", b"PyOp", b"PyCustomOp")
# Of a tensor of a few integers, which may be a shape: type of data -> format; fields of the numbers
DATA_TYPE, INT32_DATA, INT64_DATA, RAW_DATA = 2, 5, 7, 9
FORMATS = {6: "i", 7: "q", 12: "I", 13: "Q"}
MAX_RANK = 24
END = 1 << 62  # larger ones stand for "to the end"
MAX_SHAPE = 1 << 28
MAX_FIELDS = 3_000_000  # BERT's graph has 30,000


def check_onnx(content: bytes, path: Path) -> None:
    """Refuse what an export does not write.

    RAISES (CheckpointError): where it is no ONNX file, or one that names files or huge sizes.
    """
    problem = _find_problem(content)
    if problem:
        raise CheckpointError(
            f"{path} {problem}; expected a graph in one file, as `bertfam optimize` writes it: make it anew, or "
            "remove the folder."
        )


def _find_problem(content: bytes) -> str:
    # onnxruntime and OpenVINO read other formats too, and tell them by their first bytes
    if not content.startswith(b"\x08") or content[4:8] == b"ORTM":
        return "is no ONNX file"
    waiting: list[tuple[str, int | memoryview]] = [("model", memoryview(content))]
    n_fields = 0
    while waiting:
        kind, message = waiting.pop()
        if isinstance(message, int):
            return f"has a number in place of a {kind}"
        try:
            fields = list(islice(read_fields(message), MAX_FIELDS))
            problem = _problem_of(kind, fields)
        except NoMessage as error:
            return f"is no whole ONNX file ({error})"
        n_fields += len(fields)
        if n_fields >= MAX_FIELDS:
            return f"has {MAX_FIELDS:,} fields and more"
        if problem:
            return problem
        waiting += [(INNER[kind][number], value) for number, value in fields if number in INNER[kind]]
    return ""


def _problem_of(kind: str, fields: Sequence[Field]) -> str:
    """RETURNS (str): what is wrong with a message itself; "" where nothing is."""
    for number, value in fields:
        if number in REFUSED.get(kind, ()):
            return f"has {REFUSED[kind][number]}"
        if kind == "node" and number == DOMAIN and value not in DOMAINS:
            return "has an operation that is neither ONNX's own nor an engine's"
        if kind == "node" and number == OPERATION and value in READS_FILES:
            return "has an operation that reads files or runs Python"
        if kind == "tensor" and number == LOCATION and value:
            return f"has {OUTSIDE}"
    product = 1
    for size in _few_integers(fields) if kind == "tensor" else ():
        product *= abs(size) if abs(size) < END else 1
    return f"has a shape of {product:,} numbers" if product > MAX_SHAPE else ""


def _few_integers(fields: Sequence[Field]) -> list[int]:
    """RETURNS (list[int]): the numbers of a tensor that may be a shape; none of another."""
    last = dict(fields)
    data_type, raw = last.get(DATA_TYPE), last.get(RAW_DATA)
    layout = FORMATS.get(data_type) if isinstance(data_type, int) else None
    if layout is None:
        return []
    if isinstance(raw, memoryview) and len(raw):
        n = len(raw) // struct.calcsize(layout)
        return list(struct.unpack_from(f"<{n}{layout}", raw)) if n <= MAX_RANK else []
    numbers: list[int] = []
    for number, value in fields:
        if number in (INT32_DATA, INT64_DATA):
            numbers += [value] if isinstance(value, int) else _packed(value)
    return [n - (1 << 64) if n >> 63 else n for n in numbers] if len(numbers) <= MAX_RANK else []


def _packed(content: memoryview) -> list[int]:
    """RETURNS (list[int]): the numbers of a repeated field in one block, as far as a shape may have them."""
    numbers, at = list[int](), 0
    while at < len(content) and len(numbers) <= MAX_RANK:
        number, at = read_varint(content, at)
        numbers.append(number)
    return numbers
