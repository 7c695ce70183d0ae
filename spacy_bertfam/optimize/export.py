"""The network -> an ONNX graph that gives the same vectors, or the reason why there is none."""

import inspect
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ..encoder.checkpoint.checkpoint import Checkpoint
from ..encoder.checkpoint.graph import GRAPH, Graph
from ..encoder.prediction import open_graph
from ..encoder.runtimes.engines import ENGINES, TORCH, Engine
from ..encoder.runtimes.runtime import Runtime
from ..errors import UserError, require_packages

PACKAGES = ("onnx", "torch", "transformers", "spacy-bertfam")  # that make a graph
OPSET = 17  # the oldest with a layer norm; every release of onnxruntime since 1.13 runs it
# The largest difference from torch, over the largest vector's length, that rounding explains
TOLERANCE = 1e-4
STEP = 8  # pieces from one width to the next: engines treat multiples in ways of their own
N_WINDOWS = 2  # of each width
# A width is wrong where its vectors are off by so many times what they are off by at half of the widths, and by more
# than 8 bits explain: wrong ones were off by 5 to 20 times as much, right ones by at most 1.3
# (benchmarks/figures/runtimes.md)
FACTOR, NEGLIGIBLE = 2.5, 0.1
# A file of Protobuf ends at 2 GB
MAX_BYTES = 2**31 - 2**20
Shape = tuple[int, int, int]  # batch, width and padding of inputs
# Those that graph and network are compared on
SHAPES = ((1, 3, 0), (3, 20, 7), (5, 48, 40), (1, 33, 0), (2, 200, 150))


class LastHiddenState(torch.nn.Module):
    """Of a network's many outputs the one that is read."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """RETURNS (Tensor): Shape: (n_windows, width, n_hidden)."""
        return cast(Tensor, self.network(input_ids=ids, attention_mask=mask).last_hidden_state)


def export_graph(checkpoint: Checkpoint, *, runtime: str) -> Graph:
    """The checkpoint's network in float32 for an engine, compared with torch on random pieces.

    RAISES (UserError): when it cannot be exported, or comes out different.
    """
    engine = require_engine(runtime)
    content = _to_onnx(checkpoint)
    versions = {engine.name: engine.version(), **{name: metadata.version(name) for name in PACKAGES}}
    graph = Graph(
        content, runtime, "fp32", checkpoint.width, checkpoint.max_pieces, checkpoint.tokenizer.pad_id,
        versions=versions, reads_padding=checkpoint.reads_padding,
    )  # fmt: skip
    _require_equal(checkpoint, graph)
    return graph


def require_engine(runtime: str) -> Engine:
    """RETURNS (Engine): the engine of that name. RAISES (UserError): when what it needs is not installed."""
    engine = ENGINES[runtime]
    require_packages(engine.name, "onnx", extra=engine.extra, user=runtime)
    return engine


def random_inputs(
    checkpoint: Checkpoint, shapes: Iterable[Shape] = SHAPES
) -> Iterator[tuple[Tensor, Tensor]]:
    """YIELDS (tuple[Tensor, Tensor]): ids and mask of windows, the last one of each call padded."""
    random = torch.Generator().manual_seed(0)
    n_pieces = checkpoint.network.get_input_embeddings().num_embeddings
    pad_id = checkpoint.tokenizer.pad_id
    for n, width, padding in shapes:
        width = min(width, checkpoint.max_pieces)
        padding = min(padding, width - 2)
        ids = torch.randint(n_pieces, (n, width), generator=random)
        ids[ids == pad_id] = (pad_id + 1) % n_pieces
        mask = torch.ones_like(ids)
        if padding > 0:
            ids[-1, -padding:], mask[-1, -padding:] = pad_id, 0
        yield ids, mask


def _to_onnx(checkpoint: Checkpoint) -> bytes:
    network = checkpoint.network.eval()
    name = type(network).__name__
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / GRAPH
        try:
            _trace(network, list(random_inputs(checkpoint))[1], path)
        except Exception as error:  # whatever an architecture does that has no place in a graph
            reason = (str(error).strip() or "no reason given").splitlines()[0]
            raise UserError(
                f"{name} cannot be exported to ONNX by torch {torch.__version__} ({type(error).__name__}: "
                f"{reason:.200}); expected one that can: predict with `--runtime torch --precision bf16`."
            ) from error
        if len(list(Path(temporary).iterdir())) > 1 or path.stat().st_size > MAX_BYTES:
            raise UserError(
                f"{name} has more than 2 GB of weights in float32, the limit of an ONNX file; expected a smaller "
                "one: predict with `--runtime torch --precision bf16`."
            )
        return path.read_bytes()


def _trace(network: torch.nn.Module, inputs: tuple[Tensor, Tensor], path: Path) -> None:
    """The exporter by tracing: it needs no package but onnx, and exists from torch 2.2 to 2.13 at least."""
    # torch 2.5 got a second exporter and an argument for it, which became the default in 2.9
    has_choice = "dynamo" in inspect.signature(torch.onnx.export).parameters
    choice: dict[str, Any] = {"dynamo": False} if has_choice else {}
    with warnings.catch_warnings(), torch.no_grad():
        # of what the trace takes for constant: the graph is compared with the network on other shapes
        warnings.simplefilter("ignore")
        torch.onnx.export(
            LastHiddenState(network).eval(),  # the exporter puts back the mode that it finds
            inputs,
            str(path),
            input_names=["ids", "mask"],
            output_names=["vectors"],
            dynamic_axes={name: {0: "windows", 1: "pieces"} for name in ("ids", "mask", "vectors")},
            opset_version=OPSET,
            **choice,
        )


@contextmanager
def naming_engine(checkpoint: Checkpoint, engine: str) -> Iterator[None]:
    """Within it an engine's own error becomes a UserError that names it and the network.

    engine (str): runtime, and precision where that may be the reason.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # each engine has its own kinds, and so has what makes its graphs
        raise _cannot_run(checkpoint, engine, error) from error


def _cannot_run(checkpoint: Checkpoint, engine: str, reason: BaseException | None) -> UserError:
    lines = [line.strip() for line in str(reason).splitlines() if line.strip()]
    said = f"{type(reason).__name__}: {lines[-1]}" if lines else type(reason).__name__
    do = "predict in float32" if engine.startswith(TORCH) else "take another --runtime, or `--runtime torch`"
    network = type(checkpoint.network).__name__
    return UserError(
        f"{network} cannot run in {engine} ({said:.200}); expected an architecture that can: {do}."
    )


def _require_equal(checkpoint: Checkpoint, graph: Graph) -> None:
    try:
        engine = open_graph(graph, threads=torch.get_num_threads())
    except UserError as error:
        raise _cannot_run(checkpoint, graph.runtime, error.__cause__) from error
    for ids, mask in random_inputs(checkpoint):
        with torch.inference_mode():
            expected = checkpoint.network(input_ids=ids, attention_mask=mask).last_hidden_state[mask.bool()]
        with naming_engine(checkpoint, graph.runtime):
            found = engine(ids, mask)[mask.bool()]
        difference = float((found - expected).abs().max())
        if not difference <= TOLERANCE * max(1.0, float(expected.norm(dim=-1).max())):
            raise UserError(
                f"{type(checkpoint.network).__name__} comes out of the export different: its vectors for "
                f"{tuple(ids.shape)} pieces are {difference:.2g} off in {graph.runtime}; expected the same as torch: "
                "predict with `--runtime torch --precision bf16`."
            )


def require_even(checkpoint: Checkpoint, runtime: Runtime, *, window: int, engine: str) -> None:
    """Compare an engine with torch at windows of all widths.

    checkpoint (Checkpoint): with the network in torch to compare with.
    window (int): the widest, special pieces not counted.
    RAISES (UserError): when some widths are far more off than others.
    """
    widest = min(window + checkpoint.tokenizer.n_special, checkpoint.max_pieces)
    off = distances(checkpoint, runtime, range(STEP, widest + 1, STEP))
    usual = float(np.nanmedian(list(off.values()))) if off else 0.0
    wrong = [width for width, far in off.items() if not far <= max(FACTOR * usual, NEGLIGIBLE)]
    if wrong:
        worst = max(off[width] for width in wrong)
        raise UserError(
            f"{engine} computes windows of {', '.join(map(str, wrong))} pieces wrongly on this processor: their "
            f"vectors are {worst:.0%} off, those of other widths {usual:.1%}; expected all alike: take another "
            "--runtime or --precision, or another version of it."
        )


def distances(checkpoint: Checkpoint, runtime: Runtime, widths: Sequence[int]) -> dict[int, float]:
    """RETURNS (dict[int, float]): for each width how far the vectors of random pieces are from torch's, the length of
    the difference over that of the vectors."""
    off = {}
    for ids, mask in random_inputs(checkpoint, [(N_WINDOWS, width, 0) for width in widths]):
        with torch.inference_mode():
            expected = checkpoint.network(input_ids=ids, attention_mask=mask).last_hidden_state
            off[ids.shape[1]] = float((runtime(ids, mask) - expected).norm() / expected.norm())
    return off
