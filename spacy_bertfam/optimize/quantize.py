"""A graph in float32 -> the same with weights in 8 bits, but for the layers that are named; what each layer loses."""

import logging
import re
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from spacy.tokens import Doc
from tqdm import tqdm

from ..encoder.checkpoint.graph import GRAPH, Graph
from ..encoder.model import encoder_shim
from ..types import Tok2VecModel
from .parity import compare_vectors, vectors_of
from .row_scales import use_row_scales, weights_of

PRODUCT, LOOK_UP = "MatMul", "Gather"
LAYER = re.compile(r"[/.](?:layer|layers|h|block|albert_layers)\.(\d+)[/.]")
EMBEDDINGS = "embeddings"
# A part stays in float32 where it costs as many times what the one in the middle costs
OUTLIER = 2.0


def quantize(graph: Graph, *, keep: Collection[str] = ()) -> Graph:
    """Weights in 8 bits, a scale for each column of a matrix; activations are rounded to 8 bits as they come, by a
    scale of its own for each piece, so that what else is in a batch does not matter.

    keep (Collection[str]): names of parts, as ``parts_of`` has them, that stay in float32.
    RETURNS (Graph): about a quarter of the size.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    parts = _nodes_and_parts(graph)
    kept = {node.name for node, part in parts if part in keep}
    products = {node.name for node, _ in parts if node.op_type == PRODUCT} - kept
    with tempfile.TemporaryDirectory() as temporary, _quiet():
        source, target = Path(temporary) / "fp32.onnx", Path(temporary) / GRAPH
        source.write_bytes(graph.content)
        quantize_dynamic(
            source,
            target,
            op_types_to_quantize=[LOOK_UP],
            nodes_to_exclude=list(kept),
            weight_type=QuantType.QInt8,
        )
        model = onnx.load(target)
    use_row_scales(model, products)
    return replace(graph, content=model.SerializeToString(), precision="int8")


def parts_of(graph: Graph) -> list[str]:
    """RETURNS (list[str]): "embeddings", "layer 0", "layer 1", ...: what may be quantized by itself."""
    parts = {part for _, part in _nodes_and_parts(graph)}
    return sorted(parts, key=lambda part: -1 if part == EMBEDDINGS else int(part.split()[-1]))


def part_costs(
    model: Tok2VecModel, graph: Graph, docs: Sequence[Doc], *, progress: bool = False
) -> dict[str, float]:
    """What each part costs when it alone is quantized.

    graph (Graph): in float32.
    docs (Sequence[Doc]): tokenized, nothing more.
    RETURNS (dict[str, float]): part -> mean length of the differences over mean length of the vectors,
        the most expensive first.
    """
    shim = encoder_shim(model)
    shim.use_graph(graph)
    expected = vectors_of(model, docs)
    parts = parts_of(graph)
    costs = {}
    for part in tqdm(parts, desc="sensitivity", disable=not progress):
        shim.use_graph(quantize(graph, keep=[other for other in parts if other != part]))
        costs[part] = compare_vectors(expected, vectors_of(model, docs)).mean
    return dict(sorted(costs.items(), key=lambda pair: -pair[1]))


def outliers(costs: dict[str, float]) -> list[str]:
    """RETURNS (list[str]): the parts that cost far more than the others, at most half of them."""
    limit = OUTLIER * median(costs.values())
    return [part for part, cost in costs.items() if cost > limit][: len(costs) // 2]


def _nodes_and_parts(graph: Graph) -> list[tuple[Any, str]]:
    """Each node that would be quantized, and its part: products with a matrix of weights, look-ups in one."""
    import onnx

    model = onnx.load_model_from_string(graph.content)
    matrices, places = weights_of(model), {PRODUCT: 1, LOOK_UP: 0}  # of the matrix among a node's inputs
    nodes = (node for node in model.graph.node if node.op_type in places)
    return [(node, part_of(node.name)) for node in nodes if node.input[places[node.op_type]] in matrices]


def part_of(node: str) -> str:
    """RETURNS (str): the part of the network that a node belongs to, by the path in its name."""
    found = LAYER.search(node)
    return f"layer {found.group(1)}" if found else EMBEDDINGS


@contextmanager
def _quiet() -> Iterator[None]:
    """onnxruntime advises, at each call, to prepare the graph by a tool that this one does not need."""
    before = logging.root.manager.disable  # the caller's own `logging.disable` holds on
    logging.disable(max(before, logging.WARNING))
    try:
        yield
    finally:
        logging.disable(before)
