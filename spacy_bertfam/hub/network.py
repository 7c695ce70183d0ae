"""The networks of `transformers` that are read and written with their heads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..encoder.checkpoint.network import open_network, read_config
from ..gate import CheckedFolder, CheckpointError
from ..heads.finite import is_finite
from .layers import Arrays, layer_of, require_known

TOKENS, TEXTS, ANSWERS = "ForTokenClassification", "ForSequenceClassification", "ForQuestionAnswering"
# How the name of an architecture ends -> the class that makes one of its kind
KINDS = {
    TOKENS: "AutoModelForTokenClassification",
    TEXTS: "AutoModelForSequenceClassification",
    ANSWERS: "AutoModelForQuestionAnswering",
}
# What is left over of pre-training or of training, and takes no part in the scores
UNUSED = ("cls.", "lm_head.", "pooler.", "decoder.", "loss_fct.")


def architecture_of(config: Mapping[str, Any]) -> str:
    """RETURNS (str): the name of the class that a checkpoint was saved from."""
    return str((config.get("architectures") or ["(no architecture)"])[0])


def kind_of(folder: Path, config: Mapping[str, Any]) -> str:
    """RETURNS (str): one of KINDS. RAISES (CheckpointError): for any other head, or none."""
    architecture = architecture_of(config)
    kind = next((kind for kind in KINDS if architecture.removesuffix("Simple").endswith(kind)), None)
    if kind is None:
        raise CheckpointError(
            f"{folder} is a {architecture}: it has no head that is known here; expected one of {', '.join(KINDS)}. To "
            "put a new head on this encoder, train one: name it as the encoder of configs/ner_shared.cfg."
        )
    return kind


def auto_class(kind: str) -> Any:
    """RETURNS (type): of `transformers`, for one of KINDS."""
    import transformers

    return getattr(transformers, KINDS[kind])


def open_head(folder: CheckedFolder, kind: str) -> tuple[Arrays, Any]:
    """Let `transformers` open a folder with its head.

    RETURNS (tuple[Arrays, PreTrainedModel]): the weights of the head, and the whole network.
    RAISES (CheckpointError): when a weight of it is missing, is no number, or has no layer to belong to.
    """
    network, missing = open_network(folder, read_config(folder), auto=auto_class(kind))
    architecture, state = type(network).__name__, network.state_dict()
    names = head_names(network, kind)
    lost = sorted(set(missing) & set(names.values()))
    if lost:
        raise CheckpointError(
            f"{folder.path}: {architecture} without {', '.join(lost):.300}; expected a trained head."
        )
    known = (f"{network.base_model_prefix}.", *UNUSED)
    others = {entry.name for entry in folder.tensors} - set(state)
    require_known(architecture, {name for name in others if not name.startswith(known)})
    arrays = {name: state[there].numpy().copy() for name, there in names.items()}
    non_finite = min(
        (names[name] for name in arrays if not is_finite(arrays[name].reshape(-1))), default=None
    )
    if non_finite is not None:
        raise CheckpointError(
            f"{folder.path}: the weight {non_finite} of the head has numbers that are not finite (NaN or infinity), or "
            "beyond 1e19. Expected finite ones: get the folder again."
        )
    return arrays, network


def head_names(network: Any, kind: str) -> dict[str, str]:
    """Where a network has the weights of its head: what reads texts has those of its encoder's pooler too.

    RETURNS (dict[str, str]): "output.weight" and the like -> the name in its state.
    RAISES (CheckpointError): when it has a layer that is not known here.
    """
    prefix = f"{network.base_model_prefix}."
    state = list(network.state_dict())
    own = {name: name for name in state if not name.startswith(prefix)}
    require_known(type(network).__name__, {name for name in own if layer_of(name) is None})
    found = {layer_of(name) or "": name for name in own}
    if kind == TEXTS and "hidden.weight" not in found:
        poolers = [name for name in state if name.removeprefix(prefix).split(".")[0] == "pooler"]
        found.update({layer_of(name.removeprefix(prefix)) or name: name for name in poolers})
    return found
