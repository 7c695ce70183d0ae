"""Which parts of the network lose most when their weights have 8 bits: measured one part at a time."""

from statistics import median
from typing import Dict, List, Sequence

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model
from tqdm import tqdm

from ..encoder.checkpoint.graph import Graph
from ..encoder.model import encoder_shim
from .parity import vectors_of
from .quantize import parts_of, quantize

# A part stays in float32 where it costs as many times what the one in the middle costs
OUTLIER = 2.0


def part_costs(
    model: Model, graph: Graph, docs: Sequence[Doc], *, progress: bool = False
) -> Dict[str, float]:
    """What each part costs when it alone is quantised.

    graph (Graph): in float32.
    docs (Sequence[Doc]): tokenised, nothing more.
    RETURNS (Dict[str, float]): part -> mean length of the differences over mean length of the vectors,
        the most expensive first.
    """
    shim = encoder_shim(model)
    shim.use_graph(graph)
    expected = vectors_of(model, docs)
    parts = parts_of(graph)
    costs = {}
    for part in tqdm(parts, desc="sensitivity", disable=not progress):
        shim.use_graph(quantize(graph, keep=[other for other in parts if other != part]))
        difference = vectors_of(model, docs) - expected
        costs[part] = float(
            np.linalg.norm(difference, axis=1).mean() / np.linalg.norm(expected, axis=1).mean()
        )
    return dict(sorted(costs.items(), key=lambda pair: -pair[1]))


def outliers(costs: Dict[str, float]) -> List[str]:
    """RETURNS (List[str]): the parts that cost far more than the others, at most half of them."""
    limit = OUTLIER * median(costs.values())
    return [part for part, cost in costs.items() if cost > limit][: len(costs) // 2]
