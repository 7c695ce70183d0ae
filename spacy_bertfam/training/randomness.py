"""Every generator of random numbers that a training draws from, as arrays that can be written and put back."""

import random
from typing import Any, Dict

import numpy as np
import torch
from numpy.typing import NDArray

Arrays = Dict[str, NDArray[Any]]


def generator_states() -> Arrays:
    """RETURNS (Arrays): the states of Python's, NumPy's and torch's generators. CuPy's, which draws the dropout of
    Thinc's layers on a GPU, cannot be read."""
    _, keys, *rest = np.random.get_state()
    states: Arrays = {
        **python_state(),
        "numpy": np.asarray(keys, dtype=np.uint32),
        "numpy.rest": np.array(rest, dtype=np.float64),
        "torch": torch.get_rng_state().numpy(),
    }
    if torch.cuda.is_available():
        states.update({f"cuda.{i}": s.numpy() for i, s in enumerate(torch.cuda.get_rng_state_all())})
    return states


def restore_generators(states: Arrays) -> None:
    """Go on drawing where the states were read; a GPU that was not there then keeps its own."""
    restore_python(states)
    place, has_gauss, gauss = states["numpy.rest"].tolist()
    np.random.set_state(("MT19937", states["numpy"], int(place), int(has_gauss), gauss))
    torch.set_rng_state(torch.from_numpy(states["torch"]))
    for i in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        if f"cuda.{i}" in states:
            torch.cuda.set_rng_state(torch.from_numpy(states[f"cuda.{i}"]), i)


def python_state() -> Arrays:
    """RETURNS (Arrays): the state of the module ``random``."""
    _, numbers, gauss = random.getstate()
    rest = [] if gauss is None else [gauss]
    return {"python": np.array(numbers, dtype=np.uint32), "python.rest": np.array(rest, dtype=np.float64)}


def restore_python(states: Arrays) -> None:
    """Put back what ``python_state`` has read."""
    rest = states["python.rest"].tolist()
    random.setstate((3, tuple(states["python"].tolist()), rest[0] if rest else None))
