"""Scores of several texts from a GPU to main memory, in one copy: it is waited for once, and not for each text."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from thinc.api import Ops
from thinc.types import Floats2d


def in_main_memory(ops: Ops, texts: Sequence[Floats2d]) -> list[NDArray[np.float32]]:
    """RETURNS (list[NDArray[float32]]): the same arrays where they are there already, else a view of the copy each."""
    if ops.xp is np or not texts:
        return [ops.to_numpy(text) for text in texts]
    rows: Any = ops.to_numpy(ops.xp.concatenate(texts))
    return np.split(rows, np.cumsum([len(text) for text in texts])[:-1])
