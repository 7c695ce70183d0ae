"""What an optimizer remembers of each parameter, under names that the next process has too.

Thinc knows a parameter by the number of its layer, which every process counts anew; here it has the name of its
component, the place of its layer in it, and its own name: `ner/2/W`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from spacy.language import Language
from thinc.api import Model, Optimizer, get_current_ops, to_numpy
from thinc.shims import Shim

from ...errors import UserError
from ...listeners.spacy_private import network_of
from ..adamw import AdamW
from .randomness import Arrays

Key = tuple[int, str]
TABLES = ("mom1", "mom2", "averages")
ANOTHER = (
    "The training was begun with {kind}; expected the same [training.optimizer], or a new beginning with "
    "--restart."
)


def optimizer_arrays(optimizer: Optimizer, nlp: Language) -> Arrays:
    """RETURNS (Arrays): all that it needs to go on with the same pipeline."""
    names = parameter_names(nlp)
    arrays: Arrays = {}
    for table in TABLES:
        for key, array in (getattr(optimizer, table) or {}).items():
            if key in names:
                arrays[f"{table}:{names[key]}"] = to_numpy(array)
    for key, count in optimizer.nr_update.items():
        if key in names:
            arrays[f"nr_update:{names[key]}"] = np.array([count])
    for place, shim in shims(nlp):
        if isinstance(optimizer, AdamW) and shim.id in optimizer.steps_taken:
            arrays[f"steps:{place}"] = np.array([optimizer.steps_taken[shim.id]])
            for name, tensor in optimizer.remembered(shim.id, network_of(shim)).items():
                arrays[f"torch:{place}:{name}"] = tensor.cpu().numpy()
        scale = getattr(shim, "loss_scale", None)
        if scale is not None and scale.enabled:
            arrays[f"loss_scale:{place}"] = np.array(scale.state)
    return arrays


def restore_optimizer(optimizer: Optimizer, nlp: Language, arrays: Arrays, *, n_steps: int) -> None:
    """Let a new optimizer go on after ``n_steps``, on the schedules that it has now.

    arrays (Arrays): what ``optimizer_arrays`` has read; arrays of other names are left alone.
    RAISES (UserError): when they are those of another kind of optimizer.
    """
    ops = get_current_ops()
    keys = {name: key for key, name in parameter_names(nlp).items()}
    for table in TABLES:
        for name, array in _named(arrays, table):
            kept = getattr(optimizer, table)
            if kept is None:
                raise UserError(ANOTHER.format(kind="an optimizer that averages weights (use_averages)"))
            kept[keys[name]] = ops.asarray(array)
    for name, array in _named(arrays, "nr_update"):
        optimizer.nr_update[keys[name]] = int(array[0])
    for place, shim in shims(nlp):
        if f"steps:{place}" in arrays:
            if not isinstance(optimizer, AdamW):
                raise UserError(ANOTHER.format(kind="spacy-bertfam.AdamW.v1"))
            optimizer.steps_taken[shim.id] = int(arrays[f"steps:{place}"][0])
            remembered = {n: torch.from_numpy(a) for n, a in _named(arrays, f"torch:{place}")}
            optimizer.recall(shim.id, network_of(shim), remembered)
        if f"loss_scale:{place}" in arrays:
            shim.loss_scale.state = arrays[f"loss_scale:{place}"].tolist()
    for _ in range(n_steps):
        optimizer.step_schedules()


def parameter_names(nlp: Language) -> dict[Key, str]:
    """RETURNS (dict[Key, str]): the lasting name of each parameter of a pipeline, by Thinc's key."""
    names: dict[Key, str] = {}
    for component, pipe in nlp.pipeline:
        for i, node in enumerate(_nodes(pipe)):
            names.update({(node.id, name): f"{component}/{i}/{name}" for name in node.param_names})
    for place, shim in shims(nlp):
        names.update({(shim.id, name): f"{place}/{name}" for name, _ in network_of(shim).named_parameters()})
    return names


def shims(nlp: Language) -> Iterator[tuple[str, Any]]:
    """YIELDS (tuple[str, Shim]): the torch networks of a pipeline that have weights, each with its place."""
    for component, pipe in nlp.pipeline:
        for i, node in enumerate(_nodes(pipe)):
            for j, shim in enumerate(node.shims):
                if isinstance(shim, Shim) and isinstance(network_of(shim), torch.nn.Module):
                    yield f"{component}/{i}/shim{j}", shim


def _nodes(pipe: Any) -> Iterable[Model[Any, Any]]:
    model = getattr(pipe, "model", None)
    return model.walk() if isinstance(model, Model) else ()


def _named(arrays: Arrays, table: str) -> Iterator[tuple[str, Any]]:
    """YIELDS (tuple[str, Array]): those of one table, by the rest of their names."""
    for name, array in arrays.items():
        if name.startswith(f"{table}:"):
            yield name[len(table) + 1 :], array
