"""`spacy-bertfam.CRFTokenClassifier.v1`: a linear layer, and learned weights between neighboring tags."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from thinc.types import Floats2d

from ..decoding.chain import Chain, SchemeBetween, constrain
from ..decoding.lattice import forward_backward
from ..decoding.packing import TagScores
from ..decoding.tags import TagSet
from ..types import Floats, Ints1d, TaggerModel, Tok2VecModel, Transitions
from .linear import token_classifier
from .loss import split
from .score_vectors import in_main_memory
from .transitions import add_gradient, learned_transitions, transitions_layer

# Below it a gradient by score is an error of rounding: a token far from all annotation is taught nothing
ROUNDING = 1e-10


def build_crf_token_classifier(
    tok2vec: Tok2VecModel, *, dropout: float | None = None, nO: int | None = None
) -> TaggerModel:
    """A linear-chain conditional random field over the tags (Lafferty, McCallum and Pereira 2001).

    The whole sequence of tags is learned at once, over the sequences that are legal in the scheme.
    The arguments are those of ``spacy-bertfam.TokenClassifier.v1``.
    """
    layer = transitions_layer()
    model = token_classifier(tok2vec, dropout=dropout, nO=nO, after=[layer])
    model.set_ref("transitions", layer)
    model.attrs["head_loss"] = sequence_loss
    model.attrs["head_transitions"] = learned_transitions
    return model


class Expected(NamedTuple):
    """What a lattice expects: how often each tag, and each pair of tags, stands where."""

    tags: Floats  # Shape: (n_tokens, n_tags), probabilities
    pairs: Transitions  # summed over all tokens
    log_weights: Floats  # Shape: (n_tokens,), see ``Marginals.log_weights``


def sequence_loss(
    model: TaggerModel, scores: Sequence[Floats2d], gold: Sequence[NDArray[np.bool_]], tag_set: TagSet
) -> tuple[float, list[Floats2d]]:
    """Minus the log of the probability of the annotated sequences, summed over the texts.

    Where annotation is missing, all that agrees with the rest counts as annotated: the loss sums over
    it (partial annotation). A text whose annotation no legal sequence agrees with contributes no gradient.
    Arguments as in ``loss.token_cross_entropy``; the transitions' gradient goes to the layer's parameters.
    """
    lengths = np.array([len(text) for text in scores])
    if not lengths.sum():
        return 0.0, [model.ops.xp.zeros_like(text) for text in scores]
    chain = constrain(tag_set, learned_transitions(model))
    logits = [text.astype(np.float64) for text in in_main_memory(model.ops, scores)]
    allowed = [_agreeing(rows, tag_set) for rows in gold]
    everything = expect(logits, chain, lengths)
    agreeing = [np.where(rows, text, -np.inf) for rows, text in zip(allowed, logits, strict=True)]
    annotated = expect(agreeing, chain, lengths)
    loss = float((everything.log_weights - annotated.log_weights).sum())
    pairs = (a - b for a, b in zip(everything.pairs, annotated.pairs, strict=True))
    add_gradient(model, Transitions(*pairs))
    difference = everything.tags - annotated.tags
    difference[np.abs(difference) < ROUNDING] = 0.0
    gradient: Floats2d = model.ops.xp.asarray(difference, dtype="float32")
    return loss, split(model, gradient, scores)


def expect(texts: Sequence[Floats], chain: Chain, lengths: Ints1d) -> Expected:
    """Tag and transition expectations of a batch of lattices.

    texts (Sequence[Floats]): for each text the log weights, Shape: (n_tokens, n_tags).
    """
    found = forward_backward(TagScores(np.concatenate(list(texts))).pack(lengths), chain)
    packed = found.packed
    forward, after = packed.unpack(found.forward), packed.unpack(found.emissions * found.backward)
    tags = forward * packed.unpack(found.backward)
    tags /= tags.sum(axis=1, keepdims=True)
    inner = np.flatnonzero(~packed.begins_text)
    tags_of_pairs = np.arange(tags.shape[1])
    weights = chain.between.weight(tags_of_pairs[:, None], tags_of_pairs)
    between = weights * (forward[inner - 1].T @ after[inner])
    pairs = Transitions(between, tags[packed.begins_text].sum(axis=0), tags[packed.ends_text].sum(axis=0))
    return Expected(tags, pairs, packed.unpack(found.log_weights))


def _agreeing(allowed: NDArray[np.bool_], tag_set: TagSet) -> NDArray[np.bool_]:
    """The allowed tags, or all tags where no legal sequence passes through the allowed ones."""
    if not len(allowed):
        return allowed
    between = SchemeBetween(tag_set)
    outside = np.eye(1, allowed.shape[1])
    reached = outside
    for row in [*allowed, outside[0]]:
        reached = np.minimum(between.arrive(reached), row)
    return allowed if reached.any() else np.ones_like(allowed)
