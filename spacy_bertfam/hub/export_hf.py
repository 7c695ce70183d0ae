"""A spaCy pipeline -> a folder that `AutoModelForTokenClassification` and `pipeline("ner")` open."""

from pathlib import Path
from typing import Any, List, Tuple

import numpy as np
from spacy.language import Language
from thinc.api import Model

from ..encoder.checkpoint import Checkpoint, quiet_transformers, write_checkpoint, write_files
from ..encoder.model import encoder_shim, find_encoders
from ..gate import CheckpointError
from ..tags import OUTSIDE
from .card import model_card
from .head import PREDICTION


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
    staging = out.with_name(out.name + ".part")
    _clear(staging)
    checkpoint, pooling = find_checkpoint_of(nlp, None if encoder_only else component)
    notes = []
    if encoder_only:
        write_checkpoint(checkpoint, staging)
    else:
        notes = _write_classifier(nlp, component, checkpoint, pooling, staging)
    (staging / "README.md").write_text(model_card(nlp, None if encoder_only else component), encoding="utf8")
    if out.exists():
        out.rmdir()
    staging.rename(out)
    return notes


def find_checkpoint_of(nlp: Language, component: str | None) -> Tuple[Checkpoint, str]:
    """The encoder that a component reads: its own, or the shared one. RETURNS also its pooling."""
    if component is not None and component not in nlp.pipe_names:
        raise CheckpointError(
            f"The pipeline has no component {component!r}; it has {', '.join(nlp.pipe_names)}."
        )
    names = nlp.pipe_names if component is None else [component, *nlp.pipe_names]
    for name in names:
        model = getattr(nlp.get_pipe(name), "model", None)
        encoders = find_encoders(model) if isinstance(model, Model) else []
        if encoders:
            shim = encoder_shim(encoders[0])
            return shim.loaded, shim.settings.pooling
    raise CheckpointError(
        f"The pipeline ({', '.join(nlp.pipe_names)}) has no encoder of its own kind; expected a bertfam_encoder, "
        "or a component with spacy-bertfam.Encoder.v1 in its model."
    )


def classes_of(ner: Any) -> List[Tuple[str, int]]:
    """RETURNS (List[Tuple[str, int]]): name and row in our output layer of each class, in the order of the
    checkpoint that the head came from, new ones behind."""
    tag_to_id = ner.tag_set.tag_to_id
    known = [
        (name, tag_to_id[tag]) for name, tag in ner.cfg.get("checkpoint_classes", []) if tag in tag_to_id
    ]
    taken = {row for _, row in known}
    old_labels = {tag[2:] for _, tag in ner.cfg.get("checkpoint_classes", [])}
    new = [(tag, i) for tag, i in tag_to_id.items() if i not in taken and tag[2:] not in old_labels]
    return known + ([(OUTSIDE, 0)] if not known else []) + [(tag, i) for tag, i in new if tag != OUTSIDE]


def _write_classifier(
    nlp: Language, component: str, checkpoint: Checkpoint, pooling: str, out: Path
) -> List[str]:
    import torch
    from transformers import AutoModelForTokenClassification

    ner = nlp.get_pipe(component)
    model = getattr(ner, "model", None)
    if not isinstance(model, Model) or "output_layer" not in model.ref_names or not hasattr(ner, "tag_set"):
        raise CheckpointError(f"Component {component!r} is no bertfam_ner; expected one, or --encoder-only.")
    transitions = model.attrs["head_transitions"](model)
    classes = classes_of(ner)
    names = [name for name, _ in classes]
    config = type(checkpoint.network.config).from_dict(checkpoint.network.config.to_dict())
    config.id2label, config.label2id = dict(enumerate(names)), {name: i for i, name in enumerate(names)}
    config._name_or_path = ""
    with quiet_transformers():
        network = AutoModelForTokenClassification.from_config(config)
    left = network.base_model.load_state_dict(checkpoint.network.state_dict(), strict=False)
    if left.missing_keys:
        raise CheckpointError(
            f"{type(network).__name__} has weights that this encoder lacks: {left.missing_keys[:3]}."
        )
    state = network.state_dict()
    for name, array in head_arrays(model, [row for _, row in classes]).items():
        if name not in state or tuple(state[name].shape) != array.shape:
            raise CheckpointError(
                f"{type(network).__name__} has no {name} of shape {array.shape}: this head has no place there. "
                "Export with --encoder-only, or train with spacy-bertfam.TokenClassifier.v1."
            )
        state[name] = torch.from_numpy(array)
    network.load_state_dict(state)
    network.save_pretrained(out)
    write_files(out, checkpoint.tokenizer_files)
    return _notes(pooling, transitions is not None)


def head_arrays(model: Model, rows: List[int]) -> dict[str, np.ndarray]:
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


def _clear(staging: Path) -> None:
    import shutil

    if staging.exists():
        shutil.rmtree(staging)
    staging.mkdir(parents=True)
