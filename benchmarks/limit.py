"""How far from the limit: the same windows through the bare network, and what the processor multiplies."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import spacy
import torch

from benchmarks.system import System
from benchmarks.tables import Row
from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.encoder.pieces.batch import PieceBatch
from spacy_bertfam.encoder.runtimes.onnx_runtime import OnnxRuntime
from spacy_bertfam.encoder.runtimes.openvino_runtime import OpenVinoRuntime
from spacy_bertfam.encoder.runtimes.runtime import Runtime, chunk_tensors
from spacy_bertfam.encoder.runtimes.torch_runtime import TorchRuntime
from spacy_bertfam.encoder.shim import EncoderShim


def limit_rows(
    times: dict[str, list[tuple[float, float]]], n_words: int, *, limit: str = "bare network"
) -> list[Row]:
    """One row for each system, its share of the limit round by round.

    times (Dict): name -> (seconds, processor seconds) of each round.
    """
    rows: list[Row] = []
    for name, pairs in times.items():
        walls = [wall for wall, _ in pairs]
        shares = [(a / c, b / d) for (a, b), (c, d) in zip(times[limit], pairs, strict=True)]
        rows.append(
            {
                "system": name,
                "words a second": n_words / median(walls),
                "slowest": n_words / max(walls),
                "fastest": n_words / min(walls),
                "share of the limit": float(median(a for a, _ in shares)),
                "words a processor second": n_words / median(b for _, b in pairs),
                "share by processor time": float(median(b for _, b in shares)),
            }
        )
    return rows


def verdict(rows: Sequence[Row], runtime: str) -> str:
    """RETURNS (str): the share in one sentence."""
    ours = next(row for row in rows if row["system"] == "nlp.pipe")
    share, processor = ours["share of the limit"], ours["share by processor time"]
    return (
        f"{runtime}: nlp.pipe has {share:.0%} of the speed of its own bare network, "
        f"{processor:.0%} by processor time"
    )


def multiplication_rows(*, size: int = 1024, n_rounds: int = 5) -> list[Row]:
    """The rate of a large matrix product in float32, on one thread and on as many as torch takes."""
    rows = []
    n_threads = torch.get_num_threads()
    for n in sorted({1, n_threads}):
        torch.set_num_threads(n)
        a, b = torch.randn(size, size), torch.randn(size, size)
        rates = []
        for _ in range(n_rounds + 1):
            start = time.perf_counter()
            a @ b
            rates.append(2 * size**3 / (time.perf_counter() - start) / 1e9)
        rates = rates[1:]  # the first one warms up
        rows.append(
            {"threads": n, "GFLOPS": float(median(rates)), "lowest": min(rates), "highest": max(rates)}
        )
    torch.set_num_threads(n_threads)
    return rows


def load_shim(trained: Path) -> tuple[spacy.Language, EncoderShim]:
    """RETURNS (Tuple): a pipeline with a shared encoder of the name "encoder", and that encoder's network."""
    nlp = spacy.load(trained)
    return nlp, encoder_shim(nlp.get_pipe("encoder").model)  # type: ignore[attr-defined]


def bare_loop(trained: Path, texts: Sequence[str], *, max_cells: int | None = None) -> System:
    """The engine's own calls on the windows of ``texts``, cut, sorted and padded beforehand over all of them;
    nothing is read off what comes out."""
    nlp, shim = load_shim(trained)
    runtime, tokenizer = shim.runtime(), shim.loaded.tokenizer
    batch = PieceBatch.from_docs([nlp.make_doc(text) for text in texts], tokenizer, shim.window_size())
    chunks = batch.chunks(tokenizer, max_cells or shim.settings.max_batch_pieces, calls=runtime.calls)
    calls = list(_calls(runtime, chunks))

    def run(_: Sequence[str]) -> list[Any]:
        with torch.inference_mode():
            for call in calls:
                call()
        return []

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


def _calls(runtime: Runtime, chunks: Any) -> Iterator[Callable[[], Any]]:
    for chunk in chunks:
        ids, mask, *_ = chunk_tensors(chunk, torch.device("cpu"))
        yield bare_call(runtime, ids, mask)
