"""The gradient of one step of training, in however many parts it comes: a mean over its taught tokens, scaled for
fp16, and finite.

Every head of spaCy hands down the sum of its tokens' gradients, and so do ours: sums over the parts of a batch add up
to the sum over the batch. What makes them a mean is one division, when all parts are in. A token is taught where its
gradient is not zero: tokens without annotation do not thin that of the others.
"""

from math import isfinite

import torch
from torch import Tensor

from ...errors import Diverged
from .embedding_gradient import make_dense
from .loss_scale import LossScale


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


class StepGradient:
    """What is known of a step between its first part and the update of the weights."""

    def __init__(self, loss_scale: LossScale) -> None:
        self.loss_scale = loss_scale
        self.rate: float | None = None  # the learning rate of the step before, for errors
        self._mean = StepMean()

    def send_back(self, network: torch.nn.Module, vectors: Tensor, d_vectors: Tensor) -> None:
        """Add the gradient of one part of the step to those of the weights.

        d_vectors (Tensor): a sum over tokens, of the shape of ``vectors``.
        RAISES (Diverged): when it is not finite.
        """
        # read together: a GPU is waited for once
        counted = (d_vectors != 0).any(dim=1).sum(), d_vectors.square().sum()
        n_taught, size = torch.stack([number.double() for number in counted]).tolist()
        if not isfinite(size):
            raise Diverged("the gradient that the heads send to the encoder", self.rate)
        mean = d_vectors.to(vectors) * self._mean.add_part(int(n_taught))
        torch.autograd.backward(vectors, self.loss_scale.scaled(mean))
        make_dense(network)

    def finish(self, network: torch.nn.Module, rate: float | None) -> bool:
        """Make the collected gradients the mean of the step.

        rate (float | None): the learning rate of this step.
        RETURNS (bool): False where they overflowed in fp16: they are cleared, and the weights are to stay.
        RAISES (Diverged): when they overflow however little they are scaled up.
        """
        self.rate = rate
        factor = self._mean.finish()
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        if factor != 1.0:
            for gradient in gradients:
                gradient.mul_(factor)
        is_finite = self.loss_scale.unscale(gradients)
        if not is_finite and self.loss_scale.is_exhausted:
            raise Diverged("the gradient of the encoder, in fp16,", rate)
        return is_finite
