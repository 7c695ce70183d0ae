"""The head of a `transformers` sequence classifier, as that of spaCy's text categorizers."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from spacy.util import registry
from thinc.api import Model, chain, noop
from thinc.types import Floats2d

from ..gate import CheckpointError
from ..heads.dense import ACTIVATIONS
from ..heads.output_layer import output_layer
from .labels import class_names, rename_classes
from .layers import Arrays, put_arrays
from .network import architecture_of
from .probe import Logits, difference, piece_logits, require_same

SINGLE_LABEL, MULTI_LABEL = "single_label_classification", "multi_label_classification"
AnyModel = Model[Any, Any]


class TextHead(NamedTuple):
    """A fine-tuned head: the labels of its rows, its weights, and the block of the layer before the output."""

    labels: Sequence[str]
    exclusive: bool  # is exactly one label right?
    arrays: Arrays
    hidden: dict[str, Any] | None

    @property
    def factory(self) -> str:
        """The component of spaCy that it is for."""
        return "textcat" if self.exclusive else "textcat_multilabel"

    def model_config(self) -> dict[str, Any]:
        """RETURNS (dict[str, Any]): the [model] block of a component for this head, but for its tok2vec."""
        return {
            "@architectures": "spacy-bertfam.TextCatClassifier.v1",
            "exclusive_classes": self.exclusive,
            "pooling": "cls",
            "hidden": self.hidden,
        }


def read_text_head(
    config: Mapping[str, Any],
    arrays: Arrays,
    *,
    vectors: Floats2d,
    theirs: Logits,
    mapping: Mapping[str, str] | None = None,
) -> TextHead:
    """Recognize a head by its weights, and by what it makes of a text.

    config (Mapping[str, Any]): the content of ``config.json``.
    vectors (Floats2d): of the pieces of that text, Shape: (n_pieces, width).
    theirs (Logits): what `transformers` makes of it, Shape: (n_classes,).
    mapping (Mapping[str, str] | None): new names of classes.
    RAISES (CheckpointError): when nothing that is known here computes the same.
    """
    architecture, labels = architecture_of(config), rename_classes(class_names(config), mapping or {})
    problem = config.get("problem_type") or SINGLE_LABEL
    if len(labels) < 2 or problem not in (SINGLE_LABEL, MULTI_LABEL):
        raise CheckpointError(
            f"{architecture} gives a text a number, not labels ({len(labels)} classes, problem_type {problem!r}); "
            "expected at least two classes, as spaCy's text categorizers have."
        )
    blocks = _possible_blocks(arrays, config)
    found = [text_logits(_alone(block, arrays, vectors), vectors) for block in blocks]
    best = int(np.argmin([difference(ours, theirs) for ours in found]))
    require_same(architecture, found[best], theirs)
    return TextHead(labels, problem == SINGLE_LABEL, arrays, blocks[best])


def text_logits(model: AnyModel, vectors: Floats2d) -> Logits:
    """RETURNS (Logits): of a text, by the vector of its first piece; Shape: (n_labels,)."""
    return cast(Logits, piece_logits(model, vectors[:1])[0])


def _possible_blocks(arrays: Arrays, config: Mapping[str, Any]) -> list[dict[str, Any] | None]:
    """What the layer before the output may be: its weights do not say which activation it has."""
    if "hidden.weight" not in arrays:
        return [None]
    if "norm.weight" not in arrays:
        return [{"@layers": "spacy-bertfam.Dense.v1", "activation": name} for name in ACTIVATIONS]
    eps = config.get("norm_eps")
    block = {"@layers": "spacy-bertfam.DenseNorm.v1", "eps": 1e-5 if eps is None else float(eps)}
    return [{**block, "bias": "hidden.bias" in arrays, "norm_bias": "norm.bias" in arrays}]


def _alone(block: dict[str, Any] | None, arrays: Arrays, vectors: Floats2d) -> AnyModel:
    """The layers of a head without an encoder."""
    hidden: AnyModel = registry.resolve({"hidden": block})["hidden"] if block else noop()
    output = output_layer(nO=len(arrays["output.weight"]))
    model: AnyModel = chain(hidden, output)
    model.set_ref("output_layer", output)
    if block:
        model.set_ref("prediction_layer", hidden)
    model.initialize(X=vectors[:1])
    put_arrays(model, arrays)
    return model
