"""Every generator of random numbers that a training draws from, as arrays that can be written and put back."""

import random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def generator_states() -> Arrays:
    """RETURNS (Arrays): the states of Python's, NumPy's and torch's generators. CuPy's, which draws the dropout of
    Thinc's layers on a GPU, cannot be read."""
    states: Arrays = {**reading_states(), "torch": torch.get_rng_state().numpy()}
    if torch.cuda.is_available():
        states.update({f"cuda.{i}": s.numpy() for i, s in enumerate(torch.cuda.get_rng_state_all())})
    return states


def restore_generators(states: Arrays) -> None:
    """Go on drawing where the states were read; a GPU that was not there then keeps its own."""
    restore_reading(states)
    torch.set_rng_state(torch.from_numpy(states["torch"]))
    for i in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        if f"cuda.{i}" in states:
            torch.cuda.set_rng_state(torch.from_numpy(states[f"cuda.{i}"]), i)


def reading_states() -> Arrays:
    """RETURNS (Arrays): the states of the generators that readers, augmenters and batchers draw from: Python's and
    NumPy's."""
    _, numbers, gauss = random.getstate()
    _, keys, *rest = np.random.get_state()
    return {
        "python": np.array(numbers, dtype=np.uint32),
        "python.rest": np.array([] if gauss is None else [gauss], dtype=np.float64),
        "numpy": np.array(keys, dtype=np.uint32),
        "numpy.rest": np.array(rest, dtype=np.float64),
    }


def restore_reading(states: Arrays) -> None:
    """Put back what ``reading_states`` has read."""
    gauss = states["python.rest"].tolist()
    random.setstate((3, tuple(states["python"].tolist()), gauss[0] if gauss else None))
    place, has_gauss, other = states["numpy.rest"].tolist()
    np.random.set_state(("MT19937", states["numpy"], int(place), int(has_gauss), other))
