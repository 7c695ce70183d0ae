"""A component whose loss is a sum over tokens, and whose step is their mean."""

from collections.abc import Sequence
from math import isfinite

from spacy.pipeline.trainable_pipe import TrainablePipe
from thinc.api import Model, Optimizer
from thinc.types import Floats2d

from ..errors import Diverged, rate_of


class SummedLossPipe(TrainablePipe):
    """Divides the gradients of its network by the taught tokens of the step, before the weights are updated.

    A batch that comes in parts (``training.accumulate_gradient``) so gives the gradient of the whole batch,
    whatever each part holds. An encoder of ours within the network does the same with its own.
    """

    n_taught = 0  # tokens of the step that had a gradient
    rate: float | None = None  # of the last step

    def count_taught(self, d_scores: Sequence[Floats2d]) -> None:
        """Count a part of the step, by its gradient: to be called by ``update``."""
        self.n_taught += sum(int((text != 0).any(axis=1).sum()) for text in d_scores)

    def require_finite(self, loss: float) -> None:
        """Raise a UserError where the loss of a part of the step is no number: before anything is learned from it."""
        if not isfinite(loss):
            raise Diverged(f"the loss of the component {self.name!r}", self.rate)

    def finish_update(self, sgd: Optimizer) -> None:
        """Update the weights by the mean of what was learned since the last time."""
        divide_gradients(self.model, max(1, self.n_taught))
        self.n_taught, self.rate = 0, rate_of(sgd)
        super().finish_update(sgd)


def divide_gradients(model: Model, divisor: float) -> None:
    """Divide the gradients that Thinc's layers have collected; torch networks are left to their shims."""
    for node in model.walk():
        for name in node.param_names:
            if node.has_grad(name):
                node.set_grad(name, node.get_grad(name) / divisor)
