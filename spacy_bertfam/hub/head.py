"""The head of a `transformers` token classifier: read from its folder, put onto a component's model."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..encoder.checkpoint.network import read_config
from ..encoder.checkpoint.transformers_private import architectures_of
from ..encoder.checkpoint.widening import read_weights
from ..gate import CheckedFolder, CheckpointError, check_folder
from ..types import TaggerModel
from .labels import CheckpointLabels, class_names, read_labels
from .layers import Arrays, head_arrays, layer_of, put_arrays, require_known, require_shape
from .network import TOKENS, UNUSED, architecture_of, auto_class, require_finite

# Score of a tag that a checkpoint does not have (a BIOES head may have learned no S-MISC): never the best
NEVER = -30.0


@dataclass(frozen=True)
class PretrainedHead:
    """A fine-tuned head: one row of weights for each class."""

    labels: CheckpointLabels
    arrays: Arrays  # the output's have a row for each class
    eps: float = 1e-5  # of the prediction layer's norm

    def model_config(self) -> dict[str, Any]:
        """RETURNS (dict[str, Any]): the [model] block of a component that has room for this head, but for its
        tok2vec."""
        if "hidden.weight" not in self.arrays:
            return {"@architectures": "spacy-bertfam.TokenClassifier.v1"}
        return {
            "@architectures": "spacy-bertfam.PredictionClassifier.v1",
            "eps": self.eps,
            "bias": "hidden.bias" in self.arrays,
            "norm_bias": "norm.bias" in self.arrays,
        }

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
            arrays[name] = chosen = self._output(name, old.shape[1:])[rows]
            unknown = np.array(rows) < 0
            chosen[unknown] = old[unknown] if missing is None else constant
        put_arrays(model, arrays)

    def _output(self, name: str, width: tuple[int, ...]) -> NDArray[np.float32]:
        """One of the output's arrays, whose shape is checked: (n_classes, *width)."""
        expected = (len(self.labels.names), *width)
        array = self.arrays.get(name, np.zeros(expected, dtype=np.float32))
        require_shape(name, array, expected)
        return array


def read_head(
    folder: Path, *, mapping: Mapping[str, str] | None = None, scheme: str | None = None
) -> PretrainedHead:
    """Read the classes and the head's weights from a Hugging Face folder.

    mapping, scheme: as in ``read_labels``.
    RAISES (CheckpointError): when there is no token classification head, or one that cannot be carried over whole.
    """
    found = check_folder(folder)
    config = found.config
    architecture = architecture_of(config)
    if not architecture.endswith(TOKENS):
        raise CheckpointError(
            f"{folder} is a {architecture}: it has no token classification head. To put a new head on this "
            "encoder, train one: name it as the encoder of configs/ner_shared.cfg."
        )
    labels = read_labels(class_names(config), mapping=mapping, scheme=scheme)
    prefix = _encoder_prefix(found)
    entries = [entry for entries in found.weights.values() for entry in entries]
    names = {entry.name for entry in entries if not entry.name.startswith((f"{prefix}.", *UNUSED))}
    require_known(f"{architecture} in {folder}", {name for name in names if not _is_known(name, names)})
    tensors = _read_tensors(found, names)
    require_finite(folder, tensors)
    arrays = {layer_of(name) or "": array for name, array in tensors.items()}
    W = arrays.get("output.weight")
    if W is None:
        raise CheckpointError(f"{folder}: {architecture} without classifier.weight; expected a trained head.")
    activation = config.get("classifier_activation", "gelu")
    if "hidden.weight" in arrays and activation != "gelu":
        raise CheckpointError(
            f"{folder}: the prediction head has the activation {activation!r}; expected 'gelu', the only one that "
            "spacy-bertfam.PredictionClassifier.v1 has."
        )
    if len(W) != len(labels.names):
        raise CheckpointError(
            f"{folder}: config.json names {len(labels.names)} classes, but the head has {len(W)} rows; "
            "expected one each."
        )
    eps = config.get("norm_eps")
    return PretrainedHead(labels, arrays, 1e-5 if eps is None else float(eps))


def _is_known(name: str, names: Collection[str]) -> bool:
    """A token classifier is one linear layer, or has ModernBERT's dense layer and norm before it."""
    layer = (layer_of(name) or "").split(".")[0]
    return layer == "output" or (
        layer in ("hidden", "norm") and {"head.dense.weight", "head.norm.weight"} <= set(names)
    )


def _read_tensors(folder: CheckedFolder, names: Collection[str]) -> dict[str, NDArray[np.float32]]:
    """Some of the folder's tensors, by name."""
    import torch

    chosen = {
        path: [entry for entry in entries if entry.name in names] for path, entries in folder.weights.items()
    }
    return {name: tensor.to(torch.float32).numpy() for name, tensor in read_weights(chosen).items()}


def _encoder_prefix(folder: CheckedFolder) -> str:
    architectures = architectures_of(auto_class(TOKENS), read_config(folder))
    if not architectures:
        raise CheckpointError(
            f"{folder.path}: transformers has no token classifier for model type {folder.config['model_type']!r}."
        )
    return str(architectures[0].base_model_prefix)
