"""The network alone, in the runtime that the pipeline predicts with: what no pipeline around it can be faster than."""

from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

import spacy
import torch

from benchmarks.foreign import System
from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.encoder.pieces.batch import PieceBatch
from spacy_bertfam.encoder.runtimes.onnx_runtime import OnnxRuntime
from spacy_bertfam.encoder.runtimes.openvino_runtime import OpenVinoRuntime
from spacy_bertfam.encoder.runtimes.runtime import Runtime, chunk_tensors
from spacy_bertfam.encoder.runtimes.torch_runtime import TorchRuntime
from spacy_bertfam.encoder.shim import EncoderShim


def load_shim(trained: Path) -> Tuple[spacy.Language, EncoderShim]:
    """RETURNS (Tuple): a pipeline with a shared encoder of the name "encoder", and that encoder's network."""
    nlp = spacy.load(trained)
    return nlp, encoder_shim(nlp.get_pipe("encoder").model)  # type: ignore[attr-defined]


def bare_loop(trained: Path, texts: Sequence[str], *, max_cells: Optional[int] = None) -> System:
    """The engine's own calls on the windows of ``texts``, cut, sorted and padded beforehand over all of them;
    nothing is read off what comes out."""
    nlp, shim = load_shim(trained)
    runtime, tokenizer = shim.runtime(), shim.loaded.tokenizer
    batch = PieceBatch.from_docs([nlp.make_doc(text) for text in texts], tokenizer, shim.window_size())
    chunks = batch.chunks(tokenizer, max_cells or shim.settings.max_batch_pieces, calls=runtime.calls)
    calls = list(_calls(runtime, chunks))

    def run(_: Sequence[str]) -> List[Any]:
        with torch.inference_mode():
            for call in calls:
                call()
        return []

    return run


def bare_call(runtime: Runtime, ids: torch.Tensor, mask: torch.Tensor) -> Callable[[], Any]:
    """RETURNS (Callable): the engine's own call, without what the package does before it and behind it."""
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
