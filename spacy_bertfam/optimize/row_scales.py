"""Products with weights in 8 bits: a scale for each column of the weights, and for each row of the activations.

What onnxruntime makes of a graph by itself has one scale for the activations of a whole call, so that a text's vectors
depend on the texts beside it: of 193 entities 23 were others in a batch than alone (benchmarks/figures/runtimes.md).
"""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

CONTRIB = "com.microsoft"
# From -100 to 100 and from -81 to 81: processors without VNNI sum up two products in 16 bits, and 2 * 200 * 81 fits
ACTIVATION, WEIGHT = 100, 81
ZERO, STEP, LEAST = "rows/zero", "rows/step", "rows/least"
CONSTANTS: dict[str, NDArray[Any]] = {
    ZERO: np.array(ACTIVATION, np.uint8),
    STEP: np.array(1 / ACTIVATION, np.float32),
    LEAST: np.array(1e-12, np.float32),  # a row may be all zeros
}


def weights_of(model: Any) -> dict[str, Any]:
    """RETURNS (dict[str, TensorProto]): a graph's matrices, by each name that they have: where a layer is used once
    more, its weights have another one."""
    matrices = {tensor.name: tensor for tensor in model.graph.initializer if len(tensor.dims) == 2}
    copies = (node for node in model.graph.node if node.op_type == "Identity" and node.input[0] in matrices)
    return {**matrices, **{node.output[0]: matrices[node.input[0]] for node in copies}}


def use_row_scales(model: Any, names: Collection[str]) -> None:
    """Compute in 8 bits what MatMul nodes of these names compute, all of them with a matrix of weights.

    model (ModelProto): of a version of the operations below 18; it is changed.
    """
    from onnx.helper import make_opsetid
    from onnx.numpy_helper import to_array

    matrices, constants = weights_of(model), dict(CONSTANTS)
    rounded = set()
    nodes: list[Any] = []
    for node in model.graph.node:
        if node.name not in names:
            nodes.append(node)
            continue
        activations, weights = node.input[0], matrices[node.input[1]]
        if activations not in rounded:
            nodes.extend(_rounding(activations))
            rounded.add(activations)
        if f"{weights.name}/rounded" not in constants:
            constants.update(_round_columns(weights.name, to_array(weights)))
        nodes.extend(_product(node, weights.name))
    _replace(model.graph, nodes, constants)
    if CONTRIB not in {opset.domain for opset in model.opset_import}:
        model.opset_import.append(make_opsetid(CONTRIB, 1))


def _rounding(x: str) -> list[Any]:
    """The nodes that divide each row of ``x`` by its largest number and round what comes out."""
    from onnx.helper import make_node

    high, low, minus_low, scale, share, divided, rounded = (
        f"{x}/{name}" for name in ("high", "low", "minus_low", "scale", "share", "divided", "rounded")
    )
    return [
        make_node("ReduceMax", [x], [high], axes=[-1]),
        make_node("ReduceMin", [x], [low], axes=[-1]),
        make_node("Neg", [low], [minus_low]),
        make_node("Max", [high, minus_low, LEAST], [scale]),
        make_node("Reciprocal", [scale], [share]),
        make_node("Mul", [x, share], [divided]),
        make_node("QuantizeLinear", [divided, STEP, ZERO], [rounded]),
    ]


def _product(node: Any, weights: str) -> list[Any]:
    """The nodes in the place of a MatMul, whose output has the scales of rows and columns again."""
    from onnx.helper import make_node

    x, y, product = node.input[0], node.output[0], f"{node.output[0]}/product"
    inputs = [f"{x}/rounded", f"{weights}/rounded", STEP, f"{weights}/scale", ZERO]
    return [
        make_node("MatMulIntegerToFloat", inputs, [product], name=node.name, domain=CONTRIB),
        make_node("Mul", [product, f"{x}/scale"], [y]),
    ]


def _round_columns(name: str, weights: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    highest = np.abs(weights).max(axis=0)
    scale = np.where(highest > 0, highest / WEIGHT, 1.0).astype(np.float32)
    return {f"{name}/rounded": np.rint(weights / scale).astype(np.int8), f"{name}/scale": scale}


def _replace(graph: Any, nodes: list[Any], constants: dict[str, NDArray[Any]]) -> None:
    """Give a graph other nodes, without the weights that none of them reads."""
    from onnx.numpy_helper import from_array

    read = {name for node in nodes for name in node.input} | {output.name for output in graph.output}
    nodes = [node for node in nodes if node.op_type != "Identity" or node.output[0] in read]
    read = {name for node in nodes for name in node.input}
    tensors = [tensor for tensor in graph.initializer if tensor.name in read]
    tensors += [from_array(array, name) for name, array in constants.items() if name in read]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(tensors)
