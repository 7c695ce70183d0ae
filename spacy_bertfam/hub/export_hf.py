"""A spaCy pipeline -> a folder that `AutoModelForTokenClassification` and `pipeline("ner")` open."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language

from ..encoder.checkpoint.checkpoint import Checkpoint, write_checkpoint, write_files
from ..encoder.checkpoint.network import quiet_transformers, save_network
from ..encoder.model import encoder_shim
from ..files.saving import replaced_whole, require_new
from ..gate import CheckpointError
from ..pipeline.find import encoders_of, find_encoder, find_ner
from ..pipeline.ner import BertfamNER
from ..types import Bools1d, TaggerModel
from .card import model_card
from .head import NEVER, PREDICTION

# Weights of 0 that other rows' training has hardly moved
UNMOVED = 1e-3


def export_hf(nlp: Language, out: Path, *, component: str = "ner", encoder_only: bool = False) -> list[str]:
    """Write the encoder, with the head of a component, as a Hugging Face folder.

    out (Path): a folder that does not exist yet, or is empty.
    component (str): the entity recognizer whose head goes along.
    encoder_only (bool): leave the head out; the folder is then one for ``AutoModel``.
    RETURNS (list[str]): what does not travel, in sentences.
    RAISES (UserError): when the pipeline has no such component or encoder, or the head has no place there.
    """
    out = Path(out)
    require_new(out, or_empty=True)
    ner = None if encoder_only else find_ner(nlp, component)
    shim = encoder_shim(encoders_of(nlp)[0].model if ner is None else find_encoder(nlp, ner))
    shim.leave_stale_graph()
    with replaced_whole(out) as staging:
        if ner is None:
            write_checkpoint(shim.loaded, staging)
        else:
            _write_classifier(ner, shim.loaded, staging)
        (staging / "README.md").write_text(model_card(nlp, ner), encoding="utf8")
    return [] if ner is None else _notes(ner, shim.settings.pooling)


def push_folder(folder: Path, repository: str) -> str:
    """Upload a folder, making the repository if there is none.

    repository (str): owner/name. The token is the one of ``huggingface-cli login`` or ``HF_TOKEN``.
    RETURNS (str): the address of the commit.
    RAISES (CheckpointError): when the hub refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    from ..encoder.checkpoint.source import network_errors

    api = HfApi()
    refusals: tuple[type[Exception], ...] = (HfHubHTTPError, HFValidationError, *network_errors())
    try:
        api.create_repo(repository, exist_ok=True)
        return str(
            api.upload_folder(repo_id=repository, folder_path=folder, commit_message="Export from spaCy")
        )
    except refusals as error:
        raise CheckpointError(
            f"{folder} was written but not uploaded to {repository}: {error}. Check the name, the network and the "
            "token (huggingface-cli login), and push the folder again."
        ) from error


def classes_of(ner: BertfamNER) -> list[tuple[str, int]]:
    """RETURNS (list[tuple[str, int]]): name and row in our output layer of each class, in the order of the checkpoint
    that the head came from, new ones after them. Tags that it lacked and that nothing was learned about are left
    out."""
    tag_to_id = ner.tag_set.tag_to_id
    stored = ner.cfg.get("checkpoint_classes", [])
    known = [(name, tag_to_id[tag]) for name, tag in stored if tag in tag_to_id]
    taken = {row for _, row in known}
    is_never = never_learned(ner.model)
    return known + [(tag, i) for tag, i in tag_to_id.items() if i not in taken and not is_never[i]]


def _write_classifier(ner: BertfamNER, checkpoint: Checkpoint, out: Path) -> None:
    import torch
    from transformers import AutoModelForTokenClassification

    ner._require_labels()
    classes = classes_of(ner)
    own: Any = checkpoint.network.config
    config = type(own).from_dict(own.to_dict())
    config.id2label = {i: name for i, (name, _) in enumerate(classes)}
    config.label2id = {name: i for i, name in config.id2label.items()}
    with quiet_transformers():
        network = AutoModelForTokenClassification.from_config(config)
    left = network.base_model.load_state_dict(checkpoint.network.state_dict(), strict=False)
    if left.missing_keys:
        raise CheckpointError(
            f"{type(network).__name__} has weights that this encoder lacks: {left.missing_keys[:3]}."
        )
    arrays = head_arrays(ner.model, [row for _, row in classes])
    _require_same_layers(network, arrays, ner.model)
    head = {name: torch.from_numpy(array) for name, array in arrays.items()}
    network.load_state_dict({**network.state_dict(), **head})
    save_network(network, out)
    write_files(out, checkpoint.tokenizer_files)


def _require_same_layers(network: Any, arrays: dict[str, NDArray[np.float32]], model: TaggerModel) -> None:
    """RAISES (CheckpointError): when one side has a layer that the other lacks: none is left out or made up."""
    prefix = f"{network.base_model_prefix}."
    theirs = {(name, tuple(tensor.shape)) for name, tensor in network.state_dict().items()}
    theirs = {(name, shape) for name, shape in theirs if not name.startswith(prefix)}
    wrong = sorted(name for name, _ in theirs ^ {(name, array.shape) for name, array in arrays.items()})
    if "prediction_layer" in model.ref_names and not wrong:
        eps = model.get_ref("prediction_layer").attrs["eps"]
        wrong = [] if eps == network.config.norm_eps else [f"norm_eps {network.config.norm_eps} and {eps}"]
    if wrong:
        raise CheckpointError(
            f"{type(network).__name__} and this pipeline's head differ ({', '.join(wrong)}); expected the same layers. "
            "Export with --encoder-only, or train with the head that this architecture has: "
            "spacy-bertfam.PredictionClassifier.v1 for ModernBERT, spacy-bertfam.TokenClassifier.v1 for others."
        )


def never_learned(model: TaggerModel) -> Bools1d:
    """Whether each row is still the one that stands for a tag which the checkpoint lacked; Shape: (n_tags,)."""
    output = model.get_ref("output_layer")
    W, b = (output.ops.to_numpy(output.get_param(name)) for name in "Wb")
    is_never: Bools1d = (b < NEVER + 1) & (np.abs(W).max(axis=1) < UNMOVED)
    return is_never


def head_arrays(model: TaggerModel, rows: list[int]) -> dict[str, NDArray[np.float32]]:
    """RETURNS (dict[str, NDArray[float32]]): the head's weights under the names that `transformers` gives them."""
    output = model.get_ref("output_layer")
    arrays = {
        "classifier.weight": output.ops.to_numpy(output.get_param("W"))[rows].copy(),
        "classifier.bias": output.ops.to_numpy(output.get_param("b"))[rows].copy(),
    }
    if "prediction_layer" in model.ref_names:
        layer = model.get_ref("prediction_layer")
        used = {"W": True, "g": True, "b": layer.attrs["bias"], "norm_b": layer.attrs["norm_bias"]}
        for name, ours in PREDICTION.items():
            if used[ours]:
                arrays[name] = layer.ops.to_numpy(layer.get_param(ours)).copy()
    return arrays


def _notes(ner: BertfamNER, pooling: str) -> list[str]:
    notes = []
    if pooling != "first":
        notes.append(f"The encoder pools by {pooling!r}; transformers reads a word's first piece.")
    if ner.model.attrs["head_transitions"](ner.model) is not None:
        notes.append("The learned transitions between tags have no place in a transformers checkpoint.")
    return notes
