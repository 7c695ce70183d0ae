"""`spacy-bertfam.Encoder.v1`: Docs to one vector for each spaCy token."""

import warnings
from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from typing import Any, cast

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d
from thinc.util import xp2torch

from ..types import Backprop, Tok2VecModel
from .checkpoint.source import find_checkpoint
from .pieces.batch import PieceBatch
from .settings import DEFAULT_OVERLAP, EncoderSettings
from .shim import EncoderShim

MODEL_NAME = "bertfam-encoder"
AnyModel = Model[Any, Any]


def build_encoder(
    name: str,
    *,
    revision: str | None = None,
    pooling: str = "first",
    window: int | str | None = "auto",
    overlap: int = DEFAULT_OVERLAP,
    max_batch_pieces: int | None = None,
    frozen_layers: int | list[str] = 0,
    gradient_checkpointing: bool = False,
    mixed_precision: str = "none",
    attention: str | None = None,
    precision: str = "fp32",
    threads: int | None = None,
    n_layers: int | None = None,
) -> Tok2VecModel:
    """An encoder of the BERT family as a token-to-vector layer.

    The weights are read at ``nlp.initialize``, from a folder or from the hub; a saved pipeline
    carries them and never asks for ``name`` again.

    name (str): a Hugging Face folder, or the name of a repository on the hub.
    revision (str | None): branch, tag or commit of that repository.
    pooling (str): which of a token's pieces make its vector: "first" (what `transformers`' token
        classifiers do), "last", "mean" or "max".
    window (int | str | None): the most pieces that go through the network together; a longer text is cut
        into windows. Small ones are faster, large ones see more. "auto" is 254 for an encoder that reads 512 pieces,
        and up to 4,094 for one made for long texts (ModernBERT, Longformer); None takes all that the network can.
    overlap (int): pieces that two windows of a long text have in common where a sentence has to be cut, because
        none ends in the second half of a window; 0 leaves the tokens there with context on one side only.
    max_batch_pieces (int | None): bound on the cells, padding included, of one call of the network: memory
        against speed. It never splits a window, and never changes a result. None is 1024 for each thread of a CPU,
        at most 4096; on a GPU it follows its memory, up to 32,768, and is halved where there is no room for a call.
    frozen_layers (int | list[str]): 0 trains everything; n leaves the embeddings and the first n
        layers as they are; -1 trains nothing; names freeze each parameter that starts with one of them.
    gradient_checkpointing (bool): compute activations twice in training, to keep fewer in memory.
    mixed_precision (str): in training: "none" (float32), "bf16", "fp16" (with gradient scaling); "gpu": on a GPU bf16
        where it has instructions for it, else fp16 if it has tensor cores, and float32 on a CPU; or "auto": as "gpu",
        and bf16 on a CPU that has instructions for it.
    attention (str | None): as `transformers`' attn_implementation: "sdpa", "eager", "flash_attention_2" (which needs
        the package flash-attn, a GPU, and half precision in both settings of it).
        None is scaled dot product attention wherever the architecture has it.
    precision (str): in prediction by torch: "fp32"; "bf16", which is twice as fast on processors and GPUs that
        compute in it, and takes half as much memory again; "fp16", on a GPU alone: on a CPU it is float32; or "gpu",
        which is as in training. What is trained and saved stays float32.
    threads (int | None): of the network on the CPU, for torch in the whole process; the variable
        BERTFAM_THREADS goes before it. At most 1024; more than this machine can use are not started. None leaves
        it to torch (OMP_NUM_THREADS). Each process of ``nlp.pipe(n_process=...)`` has one.
    n_layers (int | None): only so many of the checkpoint's layers, counted from the embeddings; those above
        are left out when it is loaded, and of what is saved too. Fewer are faster in training and in prediction.
        None keeps all.
    RETURNS (Model[list[Doc], list[Floats2d]]): one row of width nO for each token.
    """
    frozen = frozen_layers if isinstance(frozen_layers, int) else tuple(frozen_layers)
    settings = EncoderSettings(
        pooling, window, overlap, max_batch_pieces, frozen, gradient_checkpointing, mixed_precision, attention,
        precision=precision, threads=threads, n_layers=n_layers,
    )  # fmt: skip
    load = partial(init, name, revision)
    return Model(MODEL_NAME, forward, init=load, dims={"nO": None}, shims=[EncoderShim(settings)])


def encoder_shim(model: AnyModel) -> EncoderShim:
    """RETURNS (EncoderShim): the network of a ``spacy-bertfam.Encoder.v1``."""
    return cast(EncoderShim, model.shims[0])


def find_encoders(model: AnyModel) -> list[Tok2VecModel]:
    """RETURNS (list[Model]): every ``spacy-bertfam.Encoder.v1`` within a model."""
    return [node for node in model.walk() if node.name == MODEL_NAME]


def init(name: str, revision: str | None, model: Tok2VecModel, X: Any = None, Y: Any = None) -> None:
    """Load the checkpoint, unless the model has weights already (a saved pipeline that trains on)."""
    shim = encoder_shim(model)
    if shim.checkpoint is None:
        shim.load(find_checkpoint(name, revision))
    set_width(model)


def set_width(model: Tok2VecModel) -> None:
    """Make nO what the loaded network has."""
    model.set_dim("nO", encoder_shim(model).loaded.width, force=True)


def forward(model: Tok2VecModel, docs: Sequence[Doc], is_train: bool) -> tuple[list[Floats2d], Backprop]:
    """Docs to windows to vectors; the gradient goes back the same way."""
    shim = encoder_shim(model)
    batch = cut_batch(shim, docs)
    if not is_train:
        return split(shim.predict(batch), batch.lengths), no_gradient
    vectors, bp_vectors = shim.begin_update(batch)

    def backprop(d_vectors: list[Floats2d]) -> list[Doc]:
        if batch.n_tokens:
            bp_vectors(xp2torch(model.ops.xp.concatenate(d_vectors), device=shim.device))
        return []

    return split(vectors, batch.lengths), cast(Backprop, backprop)


def cut_batch(shim: EncoderShim, docs: Sequence[Doc], *, with_documents: bool = False) -> PieceBatch:
    """The pieces and windows of some Docs; what had to be cut off a token is warned of once a batch."""
    size = shim.window_size()
    batch = PieceBatch.from_docs(docs, shim.loaded.tokenizer, size, with_documents=with_documents)
    for n, what, which in (
        (batch.n_cut, "a single token has more pieces than", "The token"),
        (batch.n_cut_firsts, "the first text of a pair has more than half of", "It"),
    ):
        if n:
            warnings.warn(
                f"{n} word pieces of this batch of {len(docs)} documents were not read: {what} a window "
                f"({size.window}). {which} keeps its first ones.",
                stacklevel=3,
            )
    return batch


def split(vectors: Floats2d, lengths: list[int]) -> list[Floats2d]:
    """Rows of all Docs to an array for each Doc, with memory of its own: one Doc that is kept keeps
    no others alive."""
    if len(lengths) == 1:
        return [vectors]
    return [vectors[end - n : end].copy() for n, end in zip(lengths, accumulate(lengths), strict=True)]


def no_gradient(*d_vectors: Any) -> list[Doc]:
    """The way back of a prediction."""
    raise ValueError("The encoder was run for prediction (is_train=False): there is no gradient to go back.")
