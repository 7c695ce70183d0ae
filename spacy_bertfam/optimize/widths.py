"""Does an engine read windows of every width equally well? OpenVINO has had products wrong at a single one."""

from typing import Dict, Sequence

import numpy as np
import torch

from ..encoder.checkpoint.checkpoint import Checkpoint
from ..encoder.runtimes.runtime import Runtime
from ..errors import UserError
from .export import random_inputs

STEP = 8  # pieces from one width to the next: engines treat multiples in ways of their own
N_WINDOWS = 2  # of each width
# A width is wrong where its vectors are off by so many times what they are off by at half of the widths, and by more
# than 8 bits explain: wrong ones were off by 5 to 20 times as much, right ones by at most 1.3
# (benchmarks/figures/runtimes.md)
FACTOR, NEGLIGIBLE = 2.5, 0.1


def require_even(checkpoint: Checkpoint, runtime: Runtime, *, window: int, engine: str) -> None:
    """Raise a UserError where some widths are far more off than others.

    checkpoint (Checkpoint): with the network in torch to compare with.
    window (int): the widest, special pieces not counted.
    engine (str): its name and version, for the message.
    """
    widest = min(window + checkpoint.tokenizer.n_special, checkpoint.max_pieces)
    off = distances(checkpoint, runtime, range(STEP, widest + 1, STEP))
    usual = float(np.nanmedian(list(off.values()))) if off else 0.0
    wrong = [width for width, far in off.items() if not far <= max(FACTOR * usual, NEGLIGIBLE)]
    if wrong:
        worst = max(off[width] for width in wrong)
        raise UserError(
            f"{engine} computes windows of {', '.join(map(str, wrong))} pieces wrongly on this processor: their "
            f"vectors are {worst:.0%} off, those of other widths {usual:.1%}; expected all alike: take another "
            "--runtime or --precision, or another version of it."
        )


def distances(checkpoint: Checkpoint, runtime: Runtime, widths: Sequence[int]) -> Dict[int, float]:
    """RETURNS (Dict[int, float]): for each width how far the vectors of random pieces are from torch's, the length of
    the difference over that of the vectors."""
    off = {}
    for ids, mask in random_inputs(checkpoint, [(N_WINDOWS, width, 0) for width in widths]):
        with torch.inference_mode():
            expected = checkpoint.network(input_ids=ids, attention_mask=mask).last_hidden_state
            off[ids.shape[1]] = float((runtime(ids, mask) - expected).norm() / expected.norm())
    return off
