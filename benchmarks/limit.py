"""How far from the limit: the same windows through the bare network, and what the processor multiplies."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import spacy
import torch
from torch.utils.benchmark import Timer

from benchmarks.speed import Times, rates, times_as_long
from benchmarks.system import System
from benchmarks.tables import Row
from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.encoder.pieces.batch import PieceBatch
from spacy_bertfam.encoder.runtimes.onnx_runtime import OnnxRuntime
from spacy_bertfam.encoder.runtimes.openvino_runtime import OpenVinoRuntime
from spacy_bertfam.encoder.runtimes.runtime import Runtime, chunk_tensors
from spacy_bertfam.encoder.runtimes.torch_runtime import TorchRuntime
from spacy_bertfam.encoder.shim import EncoderShim

BARE = "bare network"


def limit_rows(times: Times, n_words: int) -> list[Row]:
    """One row for each system, its share of the limit round by round."""
    rows: list[Row] = []
    for name, rate in rates(times, n_words).items():
        wall, processor = times_as_long(times, BARE, name)
        walls = [seconds for seconds, _ in times[name]]
        extremes = {"slowest": n_words / max(walls), "fastest": n_words / min(walls)}
        shares = {"share of the limit": wall, "share by processor time": processor}
        rows.append({"system": name, **rate, **extremes, **shares})
    return rows


def verdict(rows: Sequence[Row], runtime: str) -> str:
    """RETURNS (str): the share in one sentence."""
    ours = next(row for row in rows if row["system"] == "nlp.pipe")
    share, processor = ours["share of the limit"], ours["share by processor time"]
    return (
        f"{runtime}: nlp.pipe has {share:.0%} of the speed of its own bare network, "
        f"{processor:.0%} by processor time"
    )


def multiplication_rows(*, size: int = 1024) -> list[Row]:
    """The rate of a large matrix product in float32, on one thread and on as many as torch takes."""
    rows: list[Row] = []
    for n in sorted({1, torch.get_num_threads()}):
        factors = {"a": torch.randn(size, size), "b": torch.randn(size, size)}
        found = Timer("a @ b", globals=factors, num_threads=n).blocked_autorange()
        speeds = [2 * size**3 / seconds / 1e9 for seconds in (found.median, *found.times)]
        rows.append({"threads": n, "GFLOPS": speeds[0], "lowest": min(speeds), "highest": max(speeds)})
    return rows


def load_shim(trained: Path) -> tuple[spacy.Language, EncoderShim]:
    """RETURNS (tuple): a pipeline with a shared encoder of the name "encoder", and that encoder's network."""
    nlp = spacy.load(trained)
    return nlp, encoder_shim(nlp.get_pipe("encoder").model)  # type: ignore[attr-defined]


def bare_loop(trained: Path, texts: Sequence[str]) -> System:
    """The engine's own calls on the windows of ``texts``, cut, sorted and padded beforehand over all of them;
    nothing is read off what comes out."""
    nlp, shim = load_shim(trained)
    runtime, tokenizer = shim.runtime(), shim.loaded.tokenizer
    batch = PieceBatch.from_docs([nlp.make_doc(text) for text in texts], tokenizer, shim.window_size())
    chunks = batch.chunks(tokenizer, shim.settings.max_batch_pieces, calls=runtime.calls)
    tensors = (chunk_tensors(chunk, torch.device("cpu")) for chunk in chunks)
    calls = [bare_call(runtime, ids, mask) for ids, mask, *_ in tensors]

    def run(_: Sequence[str]) -> None:
        with torch.inference_mode():
            for call in calls:
                call()

    return run


def bare_call(runtime: Runtime, ids: torch.Tensor, mask: torch.Tensor) -> Callable[[], Any]:
    """RETURNS (Callable): the engine's own call, without what the package does before and after it."""
    if isinstance(runtime, TorchRuntime):
        return lambda: runtime.network(input_ids=ids, attention_mask=mask)
    feed = {"ids": ids.numpy(), "mask": mask.numpy()}
    if isinstance(runtime, OnnxRuntime):
        return lambda: runtime.session.run(None, feed)
    if isinstance(runtime, OpenVinoRuntime):
        return lambda: runtime.request.infer(feed, share_inputs=True, share_outputs=True)
    raise ValueError(
        f"no bare call is known for {type(runtime).__name__}; expected a runtime of the package."
    )


def runtime_name(shim: EncoderShim) -> str:
    """RETURNS (str): engine and precision, as "onnxruntime int8"."""
    graph = shim.loaded.graph
    if graph is None or isinstance(shim.runtime(), TorchRuntime):
        return f"torch {shim.settings.precision}"
    return f"{graph.runtime} {graph.precision}"
