"""A bound on what a network may consist of, while it is built: as much as its weights hold, with some room.

Settings that say how large a part is have a hundred names. So nothing is read off them: each module, parameter and
buffer counts when it comes to be, which is before any of it is filled.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.modules import module as hooks

from ...gate import CheckedFolder, CheckpointError
from ...gate.settings import NUMBERS as NO_SIZES
from ...gate.sizes import FREE

# Tied weights are built once for each of their places; a head may have to be made anew
NUMBERS, PARAMETERS, MODULES = 2, 2, 10
FREE_PARAMETERS, FREE_MODULES = 200, 1000
MOST_VECTORS = 4


def check_known_sizes(config: Any, folder: CheckedFolder) -> None:
    """Refuse whole numbers that an architecture knows as its own, as lengths that texts are padded to, where so many
    vectors would be several times the weights.

    RAISES (CheckpointError): when there is one.
    """
    limit = MOST_VECTORS * max(folder.n_numbers, FREE) // (getattr(config, "hidden_size", None) or 1)
    try:
        known = vars(type(config)()).keys() - {"vocab_size"}
    except (AssertionError, TypeError, ValueError):  # those of several networks have no defaults
        return
    for key in known:
        value = getattr(config, key, None)
        sizes = value if isinstance(value, (list, tuple)) else [value]
        largest = max((size for size in sizes if type(size) is int), default=0)
        if largest > limit and not key.endswith(NO_SIZES):
            raise CheckpointError(
                f"{folder.path / 'config.json'} sets {key} to {largest:,}; expected at most {limit:,} for a network of "
                "these weights: fetch both again from one place."
            )


@contextmanager
def bounded_network(folder: CheckedFolder) -> Iterator[None]:
    """Networks that this thread builds within are no larger than the weights of ``folder`` make likely.

    RAISES (CheckpointError): as soon as one is.
    """
    n_tensors = len(folder.tensors)
    rooms = {
        "numbers": NUMBERS * folder.n_numbers + FREE,
        "parameters": PARAMETERS * n_tensors + FREE_PARAMETERS,
        "modules": MODULES * n_tensors + FREE_MODULES,
    }
    thread = threading.get_ident()

    def take(kind: str, n: int, name: str) -> None:
        if threading.get_ident() != thread:
            return
        rooms[kind] -= n
        if rooms[kind] < 0:
            raise CheckpointError(
                f"{folder.path / 'config.json'} describes a network of more {kind} than the weights hold (at "
                f"{name!r}); expected settings that fit the weights: fetch both again from one place."
            )

    def add_module(parent: object, name: str, module: object) -> None:
        take("modules", 1, name)

    def add_parameter(parent: torch.nn.Module, name: str, parameter: Tensor | None) -> None:
        # what `transformers` replaces by a weight of the folder
        before = getattr(parent, name, None)
        if parameter is not None:
            take("parameters", int(before is None), name)
            take("numbers", parameter.numel() - (0 if before is None else before.numel()), name)

    def add_buffer(parent: object, name: str, buffer: Tensor | None) -> None:
        if buffer is not None:
            take("numbers", buffer.numel(), name)

    with ExitStack() as registered:
        registered.enter_context(hooks.register_module_module_registration_hook(add_module))
        registered.enter_context(hooks.register_module_parameter_registration_hook(add_parameter))
        registered.enter_context(hooks.register_module_buffer_registration_hook(add_buffer))
        yield
