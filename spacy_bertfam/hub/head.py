"""The head of a `transformers` token classifier: read from its folder, put onto a component's model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..decoding.tags import HeadLabels
from ..gate import CheckedFolder, CheckpointError, check_folder
from ..types import TaggerModel
from .labels import class_names, read_labels
from .layers import Arrays, head_arrays, layer_of, put_arrays, require_known, require_shape
from .network import TOKENS, architecture_of, open_head

# Score of a tag that a checkpoint does not have (a BIOES head may have learned no S-MISC): never the best
NEVER = -30.0


@dataclass(frozen=True)
class PretrainedHead:
    """A fine-tuned head: one row of weights for each class."""

    labels: HeadLabels
    arrays: Arrays  # the output's have a row for each class
    eps: float = 1e-5  # of the prediction layer's norm

    def model_config(self) -> dict[str, Any]:
        """RETURNS (dict[str, Any]): the [model] block of a component that has room for this head, but for its
        tok2vec."""
        if "hidden.weight" not in self.arrays:
            return {"@architectures": "spacy-bertfam.TokenClassifier.v1"}
        biases = {"bias": "hidden.bias" in self.arrays, "norm_bias": "norm.bias" in self.arrays}
        return {"@architectures": "spacy-bertfam.PredictionClassifier.v1", "eps": self.eps, **biases}

    def copy_into(self, model: TaggerModel, tags: Sequence[str], *, missing: float | None = None) -> None:
        """Copy the rows of the tags that the checkpoint has; the others stay as they are.

        tags (Sequence[str]): the tags of the model's rows.
        missing (float | None): the constant score of a tag that the checkpoint does not have.
        """
        if ("hidden.weight" in self.arrays) != ("prediction_layer" in model.ref_names):
            needed = self.model_config()["@architectures"]
            raise CheckpointError(f"This checkpoint's head needs [model] @architectures = {needed!r}.")
        row_of = dict(zip(self.labels.tag_set.tags, self.labels.rows, strict=True))
        rows = [row_of.get(tag, -1) for tag in tags]
        arrays = dict(self.arrays)
        for name, constant in (("output.weight", 0.0), ("output.bias", missing)):
            old = head_arrays(model)[name]
            expected = (len(self.labels.names), *old.shape[1:])
            found = self.arrays.get(name, np.zeros(expected, dtype=np.float32))
            require_shape(name, found, expected)
            arrays[name] = chosen = found[rows]
            unknown = np.array(rows) < 0
            chosen[unknown] = old[unknown] if missing is None else constant
        put_arrays(model, arrays)


def read_head(
    folder: Path, *, mapping: Mapping[str, str] | None = None, scheme: str | None = None
) -> PretrainedHead:
    """Read the classes and the head's weights from a Hugging Face folder.

    mapping, scheme: as in ``read_labels``.
    RAISES (CheckpointError): when there is no token classification head, or one that cannot be carried over whole.
    """
    found = check_folder(folder)
    architecture = architecture_of(found.config)
    if not architecture.endswith(TOKENS):
        raise CheckpointError(
            f"{folder} is a {architecture}: it has no token classification head. To put a new head on this "
            "encoder, train one: name it as the encoder of configs/ner_shared.cfg."
        )
    labels = token_labels(found, mapping=mapping, scheme=scheme)
    return token_head(found, labels, open_head(found, TOKENS)[0])


def token_labels(
    folder: CheckedFolder, *, mapping: Mapping[str, str] | None = None, scheme: str | None = None
) -> HeadLabels:
    """What the rows of a token classifier stand for, by its settings; arguments and errors as of ``read_head``."""
    labels = read_labels(class_names(folder.config), mapping=mapping, scheme=scheme)
    outputs = (each for each in folder.tensors if each.shape and layer_of(each.name) == "output.weight")
    n_rows = next((each.shape[0] for each in outputs), None)
    if n_rows not in (None, len(labels.names)):
        raise CheckpointError(
            f"{folder.path}: config.json names {len(labels.names)} classes, but the head has {n_rows} rows; expected "
            "one each."
        )
    return labels


def token_head(folder: CheckedFolder, labels: HeadLabels, arrays: Arrays) -> PretrainedHead:
    """RETURNS (PretrainedHead): of a token classifier's weights.
    RAISES (CheckpointError): when it is not one linear layer, or ModernBERT's dense layer and norm before one."""
    activation, eps = folder.config.get("classifier_activation", "gelu"), folder.config.get("norm_eps")
    if ("hidden.weight" in arrays) != ("norm.weight" in arrays):
        require_known(architecture_of(folder.config), arrays)
    if "hidden.weight" in arrays and activation != "gelu":
        raise CheckpointError(
            f"{folder.path}: the prediction head has the activation {activation!r}; expected 'gelu', the only one that "
            "spacy-bertfam.PredictionClassifier.v1 has."
        )
    return PretrainedHead(labels, arrays, 1e-5 if eps is None else float(eps))
