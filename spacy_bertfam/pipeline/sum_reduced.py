"""A component whose loss is a sum over tokens, and whose step is their mean."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.training import Example, validate_examples
from thinc.api import Optimizer, set_dropout_rate

from ..errors import Diverged, rate_of


class SumReducedPipe(TrainablePipe):  # type: ignore[misc]  # Cython: no types
    """Divides the gradients of its network by the taught tokens of the step, before the weights are updated.

    A batch that comes in parts (``training.accumulate_gradient``) so gives the gradient of the whole batch,
    whatever each part holds. An encoder of ours within the network does the same with its own.
    """

    rate: float | None = None  # of the last step
    _n_taught = 0  # tokens of the step so far

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from a batch, or a part of a step, by ``get_loss``. The gradient always goes back over the whole
        batch: a listener that left it out would keep the shared encoder from learning.

        drop (float): rate of dropout; a head with a rate of its own keeps that.
        RAISES (Diverged): when the loss is no number, before anything is learned from it.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, f"{type(self).__name__}.update")
        if examples:
            self.prepare(examples)
            losses[self.name] += self._learn(examples, drop, sgd)
        return losses

    def prepare(self, examples: Sequence[Example]) -> None:
        """See to it that a batch can be learned from."""

    def _learn(self, examples: Sequence[Example], drop: float, sgd: Optimizer | None) -> float:
        set_dropout_rate(self.model, drop)
        fixed = self.model.attrs.get("fixed_dropout")
        if fixed is not None:
            set_dropout_rate(self.model.get_ref("dropout"), fixed)
        scores, bp_scores = self.model.begin_update([eg.predicted for eg in examples])
        loss, d_scores = self.get_loss(examples, scores)
        if not isfinite(loss):
            raise Diverged(f"the loss of the component {self.name!r}", self.rate)
        bp_scores(d_scores)
        self._n_taught += sum(int((text != 0).any(axis=1).sum()) for text in d_scores)
        if sgd is not None:
            self.finish_update(sgd)
        return float(loss)

    def finish_update(self, sgd: Optimizer) -> None:
        """Update the weights by the mean of what was learned since the last time; torch networks are left to their
        shims."""
        divisor, self._n_taught = max(1, self._n_taught), 0
        for node in self.model.walk():
            for name in node.param_names:
                if node.has_grad(name):
                    gradient: Any = node.get_grad(name)
                    node.set_grad(name, gradient / divisor)
        self.rate = rate_of(sgd)
        super().finish_update(sgd)
