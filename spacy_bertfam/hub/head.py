"""The head of a `transformers` token classifier: read from its folder, put onto a component's model."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..encoder.checkpoint.network import read_config
from ..encoder.checkpoint.transformers_private import architectures_of
from ..encoder.checkpoint.widening import read_weights
from ..gate import CheckedFolder, CheckpointError, check_folder
from ..heads.finite import is_finite
from ..types import TaggerModel
from .labels import CheckpointLabels, class_names, read_labels

SUFFIX = "ForTokenClassification"
CLASSIFIER = {"classifier.weight", "classifier.bias"}
# ModernBERT's prediction head -> our prediction layer
PREDICTION = {
    "head.dense.weight": "W",
    "head.dense.bias": "b",
    "head.norm.weight": "g",
    "head.norm.bias": "norm_b",
}
# What is left over of pre-training or of training, and takes no part in the token scores
UNUSED = ("cls.", "lm_head.", "pooler.", "decoder.", "loss_fct.")
# Score of a tag that a checkpoint does not have (a BIOES head may have learned no S-MISC): never the best
NEVER = -30.0


@dataclass(frozen=True)
class PretrainedHead:
    """A fine-tuned head: one row of weights for each class."""

    labels: CheckpointLabels
    W: NDArray[np.float32]  # Shape: (n_classes, width)
    b: NDArray[np.float32]  # Shape: (n_classes,)
    prediction: dict[str, NDArray[np.float32]] = field(default_factory=dict)  # of our prediction layer
    eps: float = 1e-5  # of the prediction layer's norm

    def model_config(self) -> dict[str, Any]:
        """RETURNS (dict[str, Any]): the [model] block of a component that has room for this head, but for its
        tok2vec."""
        if not self.prediction:
            return {"@architectures": "spacy-bertfam.TokenClassifier.v1"}
        return {
            "@architectures": "spacy-bertfam.PredictionClassifier.v1",
            "eps": self.eps,
            "bias": "b" in self.prediction,
            "norm_bias": "norm_b" in self.prediction,
        }

    def copy_into(self, model: TaggerModel, tags: Sequence[str], *, missing: float | None = None) -> None:
        """Copy the rows of the tags that the checkpoint has; the others stay as they are.

        tags (Sequence[str]): the tags of the model's rows.
        missing (float | None): the constant score of a tag that the checkpoint does not have.
        """
        if bool(self.prediction) != ("prediction_layer" in model.ref_names):
            needed = self.model_config()["@architectures"]
            raise CheckpointError(f"This checkpoint's head needs [model] @architectures = {needed!r}.")
        output = model.get_ref("output_layer")
        W: Any = output.get_param("W")  # an array of NumPy or CuPy
        b: Any = output.get_param("b")
        row_of = dict(zip(self.labels.tag_set.tags, self.labels.rows, strict=True))
        _require_shape("classifier.weight", self.W, (len(self.W), W.shape[1]))
        _require_shape("classifier.bias", self.b, (len(self.W),))
        for i, tag in enumerate(tags):
            row = row_of.get(tag, -1)
            if row >= 0:
                W[i], b[i] = output.ops.xp.asarray(self.W[row]), float(self.b[row])
            elif missing is not None:
                W[i], b[i] = 0.0, missing
        output.set_param("W", W)
        output.set_param("b", b)
        for name, array in self.prediction.items():
            layer: Any = model.get_ref("prediction_layer")
            _require_shape(f"the prediction head's {name}", array, layer.get_param(name).shape)
            layer.set_param(name, layer.ops.xp.asarray(array, dtype="float32"))


def _require_shape(name: str, array: NDArray[np.float32], expected: tuple[int, ...]) -> None:
    if array.shape != expected:
        raise CheckpointError(
            f"The checkpoint's head does not fit its encoder: {name} has the shape {array.shape}; expected {expected}. "
            "Get the folder again."
        )


def read_head(
    folder: Path, *, mapping: Mapping[str, str] | None = None, scheme: str | None = None
) -> PretrainedHead:
    """Read the classes and the head's weights from a Hugging Face folder.

    mapping, scheme: as in ``read_labels``.
    RAISES (CheckpointError): when there is no token classification head, or one that cannot be carried over whole.
    """
    found = check_folder(folder)
    config = found.config
    architecture = _require_token_classifier(folder, config)
    labels = read_labels(class_names(config), mapping=mapping, scheme=scheme)
    prefix = _encoder_prefix(found)
    entries = [entry for entries in found.weights.values() for entry in entries]
    names = {entry.name for entry in entries if not entry.name.startswith((f"{prefix}.", *UNUSED))}
    unknown = sorted(names - CLASSIFIER - set(PREDICTION))
    if unknown:
        raise CheckpointError(
            f"{folder}: the head of {architecture} has layers that are not known here ({', '.join(unknown):.300}); "
            "expected a linear classifier, or ModernBERT's prediction head. It is not loaded in part."
        )
    tensors = _read_tensors(found, names)
    unfinite = next((name for name in sorted(tensors) if not is_finite(np.atleast_1d(tensors[name]))), None)
    if unfinite:
        raise CheckpointError(
            f"{folder}: the weight {unfinite} of the head has numbers that are not finite (NaN or infinity), or "
            "beyond 1e19. Expected finite ones: get the folder again."
        )
    if "classifier.weight" not in tensors:
        raise CheckpointError(f"{folder}: {architecture} without classifier.weight; expected a trained head.")
    prediction = {PREDICTION[name]: array for name, array in tensors.items() if name in PREDICTION}
    activation = config.get("classifier_activation", "gelu")
    if prediction and activation != "gelu":
        raise CheckpointError(
            f"{folder}: the prediction head has the activation {activation!r}; expected 'gelu', the only one that "
            "spacy-bertfam.PredictionClassifier.v1 has."
        )
    W = tensors["classifier.weight"]
    if len(W) != len(labels.names):
        raise CheckpointError(
            f"{folder}: config.json names {len(labels.names)} classes, but the head has {len(W)} rows; "
            "expected one each."
        )
    b = tensors.get("classifier.bias", np.zeros(len(W), dtype=np.float32))
    eps = config.get("norm_eps")
    return PretrainedHead(labels, W, b, prediction, 1e-5 if eps is None else float(eps))


def _require_token_classifier(folder: Path, config: Mapping[str, Any]) -> str:
    architecture = str((config.get("architectures") or ["(no architecture)"])[0])
    if not architecture.endswith(SUFFIX):
        raise CheckpointError(
            f"{folder} is a {architecture}: it has no token classification head. To put a new head on this "
            "encoder, train one: name it as the encoder of configs/ner_shared.cfg."
        )
    return architecture


def _read_tensors(folder: CheckedFolder, names: Collection[str]) -> dict[str, NDArray[np.float32]]:
    """Some of the folder's tensors, by name."""
    import torch

    chosen = {
        path: [entry for entry in entries if entry.name in names] for path, entries in folder.weights.items()
    }
    return {name: tensor.to(torch.float32).numpy() for name, tensor in read_weights(chosen).items()}


def _encoder_prefix(folder: CheckedFolder) -> str:
    from transformers import AutoModelForTokenClassification

    architectures = architectures_of(AutoModelForTokenClassification, read_config(folder))
    if not architectures:
        raise CheckpointError(
            f"{folder.path}: transformers has no token classifier for model type {folder.config['model_type']!r}."
        )
    return str(architectures[0].base_model_prefix)
