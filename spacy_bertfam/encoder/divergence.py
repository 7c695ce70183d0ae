"""A training that diverges is said at the step, with the rate: after it the weights are no numbers any more."""

from typing import Any, Optional

from ..errors import UserError

USUAL = 5e-5  # learning rate of an encoder


class Diverged(UserError):
    """A number of a training step is not finite.

    what (str): which one.
    rate (Optional[float]): the learning rate of the step before; None in the first one.
    """

    def __init__(self, what: str, rate: Optional[float]) -> None:
        if rate is None:
            cause = "before anything was learned"
            advice = "finite numbers from the start: see that the pipeline, or the head, that it starts from is sound"
        else:
            cause = f"at a learning rate of {rate:g}"
            lower = f"{lower_than(rate):.2g}"
            advice = f"a lower rate, as {lower} ([training.optimizer] learn_rate), or a longer warmup"
        super().__init__(
            f"The training has diverged {cause}: {what} is not a finite number (NaN or infinity). Expected {advice}. "
            "What was saved before stays as it is."
        )


def lower_than(rate: float) -> float:
    """RETURNS (float): a learning rate to try after one that was too high."""
    return min(rate / 10, USUAL)


def rate_of(optimizer: Any) -> Optional[float]:
    """RETURNS (Optional[float]): what an optimiser of Thinc learns at now."""
    rate = getattr(optimizer, "learn_rate", None)
    return float(rate) if isinstance(rate, (int, float)) else None
