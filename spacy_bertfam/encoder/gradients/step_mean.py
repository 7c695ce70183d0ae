"""Gradients of a step as means over its taught tokens, in however many parts the step comes.

Every head of spaCy hands down the sum of its tokens' gradients, and so do ours: sums over the parts of a
batch add up to the sum over the batch. What makes them a mean is one division, when all parts are in.
A token is taught where its gradient is not zero: tokens without annotation do not thin that of the others.
"""


class StepMean:
    """Counts the taught tokens of a step, and says by which factors sums become their mean."""

    def __init__(self) -> None:
        self._n_first = 0  # taught tokens of the first part that has any
        self.n_taught = 0  # tokens of the step so far

    def add_part(self, n_taught: int) -> float:
        """Count a part of the step.

        RETURNS (float): factor for the part's summed gradient on its way into the network. It is the same for all
            parts of a step, and near to the final one: sums over many tokens would overflow in half precision.
        """
        self._n_first = self._n_first or n_taught
        self.n_taught += n_taught
        return 1.0 / max(1, self._n_first)

    def finish(self) -> float:
        """RETURNS (float): factor that makes what the parts have left a mean. The next part begins a new step."""
        factor = self._n_first / self.n_taught if self.n_taught else 1.0
        self._n_first = self.n_taught = 0
        return factor
