"""A graph in float32 -> the same with weights in 8 bits, but for the layers that are named."""

import logging
import re
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Collection, Iterator, List, Tuple

from ..encoder.graph import GRAPH, Graph

# Products with a constant matrix, and look-ups in an embedding
OPERATIONS = ("MatMul", "Gemm", "Gather")
LAYER = re.compile(r"[/.](?:layer|layers|h|block|albert_layers)\.(\d+)[/.]")
EMBEDDINGS = "embeddings"


def quantize(graph: Graph, *, keep: Collection[str] = ()) -> Graph:
    """Weights in 8 bits, a scale for each column of a matrix; activations are rounded to 8 bits as they come.

    keep (Collection[str]): names of parts, as ``parts_of`` has them, that stay in float32.
    RETURNS (Graph): about a quarter of the size.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    kept = [node for node, part in _nodes_and_parts(graph) if part in keep]
    with tempfile.TemporaryDirectory() as temporary, _quiet():
        source, target = Path(temporary) / "fp32.onnx", Path(temporary) / GRAPH
        source.write_bytes(graph.content)
        quantize_dynamic(
            source,
            target,
            op_types_to_quantize=list(OPERATIONS),
            nodes_to_exclude=kept,
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},
        )
        return replace(graph, content=target.read_bytes(), precision="int8")


def parts_of(graph: Graph) -> List[str]:
    """RETURNS (List[str]): "embeddings", "layer 0", "layer 1", ...: what may be quantised by itself."""
    counts = Counter(part for _, part in _nodes_and_parts(graph))
    return sorted(
        counts, key=lambda part: (part != EMBEDDINGS, int(part.split()[-1]) if part != EMBEDDINGS else 0)
    )


def _nodes_and_parts(graph: Graph) -> List[Tuple[str, str]]:
    """Name and part of each node that would be quantised: those with a weight of two dimensions."""
    import onnx

    model = onnx.load_model_from_string(graph.content)
    matrices = {tensor.name for tensor in model.graph.initializer if len(tensor.dims) == 2}
    return [
        (node.name, part_of(node.name))
        for node in model.graph.node
        if node.op_type in OPERATIONS and matrices & set(node.input)
    ]


def part_of(node: str) -> str:
    """RETURNS (str): the part of the network that a node belongs to, by the path in its name."""
    found = LAYER.search(node)
    return f"layer {found.group(1)}" if found else EMBEDDINGS


@contextmanager
def _quiet() -> Iterator[None]:
    """onnxruntime advises, at each call, to prepare the graph by a tool that this one does not need."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
