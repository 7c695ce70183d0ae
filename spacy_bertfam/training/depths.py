"""How far up in a network a parameter stands: what layer-wise rates and gradual unfreezing go by."""

from collections.abc import Sequence

from ..encoder.gradients.freezing import layer_of


def parameter_depths(names: Sequence[str]) -> list[int]:
    """RETURNS (list[int]): 0 for embeddings, n + 1 for layer n; what stands over the layers (a pooler, the final norm
    of ModernBERT) is as high as the last one."""
    layers = [layer_of(name) for name in names]
    top = max((layer for layer in layers if layer is not None), default=-1)
    return [(top if layer is None else layer) + 1 for layer in layers]


def lowest_open(depths: Sequence[int], n_steps: int, every: int) -> int:
    """The lowest depth that is trained (Howard and Ruder 2018, section 3.3): none at first, only the heads learn;
    after ``every`` steps the top layer, then one more each time.

    depths (Sequence[int]): of the parameters that are trained in the end.
    n_steps (int): steps that were taken.
    every (int): 0 opens all at once.
    """
    levels = sorted(set(depths), reverse=True)
    n_open = n_steps // every if every else len(levels)
    if n_open >= len(levels):
        return levels[-1]
    return levels[n_open - 1] if n_open else levels[0] + 1
