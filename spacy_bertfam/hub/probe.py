"""Is a head here the head there? A few words go through both, so that nothing which differs is carried over.

Most heads of one kind compute the same, a few read another piece, attend in another way or scale what they read; a
list of them would be right for one version of `transformers`."""

from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from thinc.api import Model
from thinc.types import Floats2d
from thinc.util import to_numpy

from ..encoder.checkpoint.checkpoint import Checkpoint
from ..encoder.runtimes.torch_runtime import TorchRuntime, read_pieces
from ..errors import in_a_sentence
from ..gate import CheckpointError

WORDS = "Zoé a vu 3 chats, un lion et des loups."
# Of logits, or of the largest one: rounding in another order of the same sums is far below
TOLERANCE = 1e-4

Logits = NDArray[np.float32]


class Probe(NamedTuple):
    """A text as an encoder reads it."""

    ids: torch.Tensor  # Shape: (1, n_pieces), special pieces counted
    vectors: Any  # of the last layer, an array of NumPy or CuPy, Shape: (n_pieces, width)


def read_probe(checkpoint: Checkpoint) -> Probe:
    """RETURNS (Probe): the words, and what the encoder makes of them in torch."""
    from thinc.util import torch2xp

    tokenizer, network = checkpoint.tokenizer, checkpoint.network
    pieces = tokenizer([WORDS])[0].ids[: checkpoint.max_pieces - tokenizer.n_special]
    device = next(network.parameters()).device
    ids = torch.tensor([[*tokenizer.prefix, *pieces.tolist(), *tokenizer.suffix]], device=device)
    with torch.inference_mode():
        vectors = TorchRuntime(network.eval())(ids, torch.ones_like(ids))[0]
    return Probe(ids, torch2xp(vectors))


def logits_of(network: Any, probe: Probe) -> Logits:
    """What a network of `transformers` makes of the words.

    network (PreTrainedModel): with a head for tokens, texts or answers.
    RETURNS (Logits): Shape: (n_pieces, n_classes) or (n_classes,); of answers start and end are the classes.
    """
    what = f"{type(network).__name__} fails at a text"
    failure = in_a_sentence(what, "expected a classifier of texts.", CheckpointError)
    with failure, torch.inference_mode():
        ids = probe.ids.to(next(network.parameters()).device)
        output = read_pieces(network.eval(), ids, torch.ones_like(ids))
    if hasattr(output, "start_logits"):
        found = torch.stack([output.start_logits[0], output.end_logits[0]], dim=-1)
    else:
        found = output.logits[0]
    return cast(Logits, found.float().cpu().numpy())


def piece_logits(model: Model[Any, Any], vectors: Floats2d) -> Logits:
    """RETURNS (Logits): what the layers of a head of ours make of each piece. Shape: (n_pieces, n_classes)"""
    for name in ("prediction_layer", "output_layer"):
        if name in model.ref_names:
            vectors = model.get_ref(name).predict(vectors)
    return cast(Logits, to_numpy(vectors))


def difference(ours: Logits, theirs: Logits) -> float:
    """RETURNS (float): the largest one between two logits, in units of what rounding may do; infinite where they
    cannot be compared."""
    if ours.shape != theirs.shape:
        return float("inf")
    largest = np.abs(ours - theirs).max() / (TOLERANCE * max(1.0, np.abs(theirs).max()))
    return float(np.nan_to_num(largest, nan=np.inf))


def require_same(architecture: str, ours: Logits, theirs: Logits) -> None:
    """RAISES (CheckpointError): when the head computes something else here than in `transformers`."""
    if difference(ours, theirs) > 1.0:
        raise CheckpointError(
            f"{architecture} computes something else in transformers than its layers do here: it may read the last "
            "piece, or all of them, or let some attend to all. Expected a head that reads each piece, or the first one."
        )
