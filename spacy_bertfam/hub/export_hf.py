"""A spaCy pipeline -> a folder that `AutoModelForTokenClassification` and `pipeline("ner")` open."""

from pathlib import Path
from typing import Any, Dict, List, Tuple

import numpy as np
from spacy.language import Language
from thinc.api import Model

from ..encoder.checkpoint.checkpoint import Checkpoint, write_checkpoint, write_files
from ..encoder.checkpoint.network import quiet_transformers, save_network
from ..encoder.model import encoder_shim, find_encoders
from ..files.saving import replaced_whole
from ..gate import CheckpointError
from ..pipeline.find import find_encoder, find_ner
from ..pipeline.ner import BertfamNER
from ..types import Bools1d
from .card import model_card
from .head import NEVER, PREDICTION

# Weights of 0 that other rows' training has hardly moved
UNMOVED = 1e-3


def export_hf(nlp: Language, out: Path, *, component: str = "ner", encoder_only: bool = False) -> List[str]:
    """Write the encoder, with the head of a component, as a Hugging Face folder.

    out (Path): a folder that does not exist yet, or is empty.
    component (str): the entity recogniser whose head goes along.
    encoder_only (bool): leave the head out; the folder is then one for ``AutoModel``.
    RETURNS (List[str]): what does not travel, in sentences.
    Raises a CheckpointError where the pipeline has no such component, or its head has no place there.
    """
    out = Path(out)
    if out.exists() and any(out.iterdir()):
        raise CheckpointError(f"{out} is not empty; expected a new folder, so that nothing is overwritten.")
    checkpoint, pooling = find_checkpoint_of(nlp, None if encoder_only else component)
    notes: List[str] = []
    with replaced_whole(out) as staging:
        if encoder_only:
            write_checkpoint(checkpoint, staging)
        else:
            notes = _write_classifier(nlp, component, checkpoint, pooling, staging)
        card = model_card(nlp, None if encoder_only else component)
        (staging / "README.md").write_text(card, encoding="utf8")
    return notes


def find_checkpoint_of(nlp: Language, component: str | None) -> Tuple[Checkpoint, str]:
    """The encoder that a component reads: its own, or the shared one. RETURNS also its pooling."""
    if component is not None and component not in nlp.pipe_names:
        raise CheckpointError(
            f"The pipeline has no component {component!r}; it has {', '.join(nlp.pipe_names)}."
        )
    if component is not None and not isinstance(nlp.get_pipe(component), BertfamNER):
        raise CheckpointError(f"Component {component!r} is no bertfam_ner; expected one, or --encoder-only.")
    for name in nlp.pipe_names:
        model = getattr(nlp.get_pipe(name), "model", None)
        encoders = find_encoders(model) if isinstance(model, Model) else []
        if component is not None and encoders:
            encoders = [find_encoder(nlp, find_ner(nlp, component))]  # there may be others
        if encoders:
            shim = encoder_shim(encoders[0])
            shim.leave_stale_graph()
            return shim.loaded, shim.settings.pooling
    raise CheckpointError(
        f"The pipeline ({', '.join(nlp.pipe_names)}) has no encoder of its own kind; expected a bertfam_encoder, "
        "or a component with spacy-bertfam.Encoder.v1 in its model."
    )


def classes_of(ner: Any) -> List[Tuple[str, int]]:
    """RETURNS (List[Tuple[str, int]]): name and row in our output layer of each class, in the order of the
    checkpoint that the head came from, new ones behind. Tags that it lacked and that nothing was learned
    about are left out."""
    tag_to_id = ner.tag_set.tag_to_id
    known = [
        (name, tag_to_id[tag]) for name, tag in ner.cfg.get("checkpoint_classes", []) if tag in tag_to_id
    ]
    taken = {row for _, row in known}
    new = [(tag, i) for tag, i in tag_to_id.items() if i not in taken]
    is_never = never_learned(ner.model)
    return known + [(tag, i) for tag, i in new if not is_never[i]]


def _write_classifier(
    nlp: Language, component: str, checkpoint: Checkpoint, pooling: str, out: Path
) -> List[str]:
    import torch
    from transformers import AutoModelForTokenClassification

    ner: Any = nlp.get_pipe(component)
    model = ner.model
    ner._require_labels()
    transitions = model.attrs["head_transitions"](model)
    classes = classes_of(ner)
    names = [name for name, _ in classes]
    own: Any = checkpoint.network.config
    config = type(own).from_dict(own.to_dict())
    config.id2label, config.label2id = dict(enumerate(names)), {name: i for i, name in enumerate(names)}
    with quiet_transformers():
        network = AutoModelForTokenClassification.from_config(config)
    left = network.base_model.load_state_dict(checkpoint.network.state_dict(), strict=False)
    if left.missing_keys:
        raise CheckpointError(
            f"{type(network).__name__} has weights that this encoder lacks: {left.missing_keys[:3]}."
        )
    state = network.state_dict()
    arrays = head_arrays(model, [row for _, row in classes])
    _require_same_layers(network, arrays, model)
    state.update({name: torch.from_numpy(array) for name, array in arrays.items()})
    network.load_state_dict(state)
    save_network(network, out)
    write_files(out, checkpoint.tokenizer_files)
    return _notes(pooling, transitions is not None)


def _require_same_layers(network: Any, arrays: Dict[str, np.ndarray], model: Model) -> None:
    """Raise a CheckpointError where one side has a layer that the other lacks: none is left out or made up."""
    shapes = {
        name: tuple(tensor.shape)
        for name, tensor in network.state_dict().items()
        if not name.startswith(f"{network.base_model_prefix}.")
    }
    ours = {name: array.shape for name, array in arrays.items()}
    wrong = sorted(name for name, _ in shapes.items() ^ ours.items())
    if "prediction_layer" in model.ref_names and not wrong:
        eps = model.get_ref("prediction_layer").attrs["eps"]
        wrong = [] if eps == network.config.norm_eps else [f"norm_eps {network.config.norm_eps} and {eps}"]
    if wrong:
        raise CheckpointError(
            f"{type(network).__name__} and this pipeline's head differ ({', '.join(wrong)}); expected the same layers. "
            "Export with --encoder-only, or train with the head that this architecture has: "
            "spacy-bertfam.PredictionClassifier.v1 for ModernBERT, spacy-bertfam.TokenClassifier.v1 for others."
        )


def never_learned(model: Model) -> Bools1d:
    """Whether each row is still the one that stands for a tag which the checkpoint lacked; Shape: (n_tags,)."""
    output = model.get_ref("output_layer")
    W, b = (output.ops.to_numpy(output.get_param(name)) for name in "Wb")
    return (b < NEVER + 1) & (np.abs(W).max(axis=1) < UNMOVED)


def head_arrays(model: Model, rows: List[int]) -> Dict[str, np.ndarray]:
    """The head's weights under the names that `transformers` gives them."""
    output = model.get_ref("output_layer")
    to_numpy = output.ops.to_numpy
    arrays = {
        "classifier.weight": to_numpy(output.get_param("W"))[rows].copy(),
        "classifier.bias": to_numpy(output.get_param("b"))[rows].copy(),
    }
    if "prediction_layer" in model.ref_names:
        layer = model.get_ref("prediction_layer")
        used = (
            {"W", "g"}
            | ({"b"} if layer.attrs["bias"] else set())
            | ({"norm_b"} if layer.attrs["norm_bias"] else set())
        )
        for name, ours in PREDICTION.items():
            if ours in used:
                arrays[name] = to_numpy(layer.get_param(ours)).copy()
    return arrays


def _notes(pooling: str, has_transitions: bool) -> List[str]:
    notes = []
    if pooling != "first":
        notes.append(f"The encoder pools by {pooling!r}; transformers reads a word's first piece.")
    if has_transitions:
        notes.append("The learned transitions between tags have no place in a transformers checkpoint.")
    return notes
