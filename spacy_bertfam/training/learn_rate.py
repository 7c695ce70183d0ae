"""`spacy-bertfam.warmup_linear.v1`: warm-up and linear decay, to a height that may follow the encoder's size."""

from collections.abc import Iterable, Iterator

from thinc.api import warmup_linear

from ..errors import UserError

# Rates that are known to work: 0.0001 for a network 384 wide, 0.00005 for one of 768, 0.00002 for 24 layers of 1024
GOOD_RATE, AT_WIDTH, AT_LAYERS = 1e-4, 384, 12


def good_rate(width: int, n_layers: int) -> float:
    """RETURNS (float): a learning rate for an encoder of this size, with two digits; it falls with the width, and
    with the depth beyond 12 layers."""
    rate = GOOD_RATE * AT_WIDTH / width * min(1.0, AT_LAYERS / max(1, n_layers))
    return float(f"{rate:.1e}")


class RateBySize(Iterator[float]):
    """Rates whose height is not known before the encoder is: ``AdamW`` reads ``shape`` and multiplies.

    shape (Iterator[float]): one number a step, 1 at most.
    """

    def __init__(self, shape: Iterable[float]) -> None:
        self.shape = iter(shape)

    def __next__(self) -> float:
        raise UserError(
            "learn_rate.initial_rate is null, which only spacy-bertfam.AdamW.v1 fills in, from the encoder's size; "
            "expected a number, as initial_rate = 0.00005, for another optimizer."
        )


def build_warmup_linear(initial_rate: float | None, warmup_steps: int, total_steps: int) -> Iterable[float]:
    """Rates that rise to a height in ``warmup_steps`` and fall to 0 at ``total_steps``.

    initial_rate (float | None): the height; None is that of ``good_rate`` for the encoder that is trained, but at
        most 0.0001, which is also the rate where no encoder is trained.
    """
    if initial_rate is None:
        return RateBySize(warmup_linear(1.0, warmup_steps, total_steps))
    return warmup_linear(initial_rate, warmup_steps, total_steps)
