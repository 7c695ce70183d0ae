"""A graph in float32 -> weights and activations in 8 bits, the ranges of the activations measured on texts.

By NNCF (github.com/openvinotoolkit/nncf): SmoothQuant moves the outliers of the activations into the weights (Xiao
et al. 2023, "SmoothQuant"), what remains off on average is put right in the biases. The products within attention stay
as they are: in 8 bits they are no faster, and OpenVINO 2026.4 gets them wrong where a window is as wide as a head.
"""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from io import StringIO
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from spacy.tokens import Doc

from ..data.sampling import draw_evenly
from ..encoder.checkpoint.graph import Graph
from ..encoder.pieces.batch import ANY_CALLS, PieceBatch
from ..encoder.runtimes.runtime import chunk_tensors
from ..encoder.shim import EncoderShim
from ..errors import require_packages

Call = dict[str, NDArray[np.int64]]  # ids and mask; Shape of both: (n_windows, width)

EXTRA = "openvino-int8"
# Pieces that are read: 32 windows, which took a minute with a small encoder and left F1 where it was
MAX_PIECES = 8192
# How much of the outliers SmoothQuant moves into the weights, 0 to 1 (alpha). With NNCF's own 0.95 the vectors of three
# pipelines were off by a tenth to two thirds more (benchmarks/figures/runtimes.md)
ALPHA = 0.75
# Of a call: the outputs of every layer are kept until it ends
MAX_CELLS = 1024
PIECES_PER_WORD = 1.3
TELEMETRY = "openvino_telemetry"


def calibrate(graph: Graph, calls: Sequence[Call], *, progress: bool = False) -> Graph:
    """RETURNS (Graph): in 8 bits, a scale for each column of a matrix and one for each activation.

    RAISES (UserError): when NNCF is not installed.
    """
    import onnx

    nncf = import_nncf()
    from nncf.quantization import advanced_parameters as advanced

    model = onnx.load_model_from_string(graph.content)
    smoothing = advanced.AdvancedSmoothQuantParameters(matmul=ALPHA)
    with redirect_stdout(sys.stderr if progress else StringIO()):  # NNCF shows there how far it is
        made = nncf.quantize(
            model,
            nncf.Dataset(list(calls)),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(calls),
            ignored_scope=nncf.IgnoredScope(names=products_of_activations(model)),
            advanced_parameters=advanced.AdvancedQuantizationParameters(smooth_quant_alphas=smoothing),
        )
    return replace(graph, content=made.SerializeToString(), precision="int8")


def products_of_activations(model: Any) -> list[str]:
    """RETURNS (list[str]): names of the products without a matrix of weights, which are those within attention."""
    weights = {tensor.name for tensor in model.graph.initializer}
    products = (node for node in model.graph.node if node.op_type == "MatMul")
    return [node.name for node in products if not weights & set(node.input)]


def calls_on(shim: EncoderShim, docs: Sequence[Doc], *, max_pieces: int = MAX_PIECES) -> list[Call]:
    """What the network gets for some texts, in the windows of the encoder: whole texts at equal distances over all
    of them, until there are about so many pieces."""
    size, tokenizer = shim.window_size(), shim.loaded.tokenizer
    n_words = sum(map(len, docs))
    drawn = draw_evenly(docs, len, share=max_pieces / max(PIECES_PER_WORD * n_words, 1))
    calls, n_pieces = [], 0
    kind = ANY_CALLS._replace(padded=not shim.loaded.reads_padding)
    for chunk in PieceBatch.from_docs(drawn, tokenizer, size).chunks(tokenizer, MAX_CELLS, calls=kind):
        if n_pieces >= max_pieces:  # of a single text that is far longer
            break
        ids, mask, *_ = chunk_tensors(chunk, torch.device("cpu"))
        calls.append({"ids": ids.numpy(), "mask": mask.numpy()})
        n_pieces += int(chunk.lengths.sum())
    return calls


def import_nncf() -> Any:
    """RETURNS (Any): NNCF. RAISES (UserError): when it, or onnxruntime, on which it measures, is not installed."""
    with _without_telemetry():
        require_packages("onnxruntime", "nncf", extra=EXTRA, user="int8 in openvino")
        import nncf
    logging.getLogger("nncf").setLevel(logging.ERROR)  # its own function would do so to every handler too
    return nncf


@contextmanager
def _without_telemetry() -> Iterator[None]:
    """NNCF reports each call to its makers, over the network, unless this package is not there when it is imported."""
    known = sys.modules.get(TELEMETRY)
    sys.modules[TELEMETRY] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[TELEMETRY]
        if known is not None:
            sys.modules[TELEMETRY] = known
