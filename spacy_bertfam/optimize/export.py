"""The network -> an ONNX graph that gives the same vectors, or the reason why there is none."""

import inspect
import tempfile
import warnings
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Optional, Tuple

import torch
from torch import Tensor

from ..encoder.checkpoint.checkpoint import Checkpoint
from ..encoder.checkpoint.graph import GRAPH, Graph
from ..encoder.prediction import open_graph
from ..encoder.runtimes.engines import ENGINES, TORCH, Engine
from ..encoder.runtimes.runtime import Runtime
from ..errors import UserError

OPSET = 17  # the oldest with a layer norm; every release of onnxruntime since 1.13 runs it
# The largest difference from torch, over the largest vector's length, that rounding explains
TOLERANCE = 1e-4
# A file of Protobuf ends at 2 GB
MAX_BYTES = 2**31 - 2**20
Shape = Tuple[int, int, int]  # batch, width and padding of inputs
# Those that graph and network are compared on
SHAPES = ((1, 3, 0), (3, 20, 7), (5, 48, 40), (1, 33, 0), (2, 200, 150))


class LastHiddenState(torch.nn.Module):
    """Of a network's many outputs the one that is read."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """RETURNS (Tensor): Shape: (n_windows, width, n_hidden)."""
        return self.network(input_ids=ids, attention_mask=mask).last_hidden_state


def export_graph(checkpoint: Checkpoint, *, runtime: str) -> Graph:
    """The checkpoint's network in float32 for an engine, compared with torch on random pieces.

    Raises a UserError where it cannot be exported, or comes out different.
    """
    engine = require_engine(runtime)
    content = _to_onnx(checkpoint)
    graph = Graph(
        content,
        runtime=runtime,
        precision="fp32",
        width=checkpoint.width,
        max_pieces=checkpoint.max_pieces,
        pad_id=checkpoint.tokenizer.pad_id,
        versions=versions_of(engine),
        reads_padding=checkpoint.reads_padding,
    )
    _require_equal(checkpoint, graph)
    return graph


def require_engine(runtime: str) -> Engine:
    """RETURNS (Engine): the engine of that name. Raises a UserError where what it needs is not installed."""
    engine = ENGINES[runtime]
    for package in (engine.name, "onnx"):
        try:
            __import__(package)
        except ImportError as error:
            raise UserError(
                f"{package} is not installed, and {runtime} needs it; expected the extra {engine.extra!r}: "
                f'pip install "spacy-bertfam[{engine.extra}]".'
            ) from error
    return engine


def versions_of(engine: Engine) -> Dict[str, str]:
    """RETURNS (Dict[str, str]): of the packages that make a graph."""
    return {
        engine.name: engine.version(),
        **{
            package: metadata.version(package)
            for package in ("onnx", "torch", "transformers", "spacy-bertfam")
        },
    }


def random_inputs(
    checkpoint: Checkpoint, shapes: Iterable[Shape] = SHAPES
) -> Iterator[Tuple[Tensor, Tensor]]:
    """YIELDS (Tuple[Tensor, Tensor]): ids and mask of windows, the last one of each call padded."""
    random = torch.Generator().manual_seed(0)
    n_pieces = checkpoint.network.get_input_embeddings().num_embeddings  # type: ignore[operator]
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


def _trace(network: torch.nn.Module, inputs: Tuple[Tensor, Tensor], path: Path) -> None:
    """The exporter by tracing: it needs no package but onnx, and exists from torch 2.2 to 2.13 at least."""
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
            **_legacy_option(),
        )


def _legacy_option() -> Dict[str, Any]:
    """torch 2.5 got a second exporter and an argument for it, which became the default in 2.9."""
    return {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}


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


def _open(checkpoint: Checkpoint, graph: Graph) -> Runtime:
    try:
        return open_graph(graph, threads=torch.get_num_threads())
    except UserError as error:
        raise _cannot_run(checkpoint, graph.runtime, error.__cause__) from error


def _cannot_run(checkpoint: Checkpoint, engine: str, reason: Optional[BaseException]) -> UserError:
    lines = [line.strip() for line in str(reason).splitlines() if line.strip()]
    said = f"{type(reason).__name__}: {lines[-1]}" if lines else type(reason).__name__
    others = (
        "predict in float32" if engine.startswith(TORCH) else "take another --runtime, or `--runtime torch`"
    )
    return UserError(
        f"{type(checkpoint.network).__name__} cannot run in {engine} ({said:.200}); expected an architecture that can: "
        f"{others}."
    )


def _require_equal(checkpoint: Checkpoint, graph: Graph) -> None:
    engine = _open(checkpoint, graph)
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
