"""The gradient of one step of training, in however many parts it comes: a mean over the taught tokens, scaled for
fp16, and finite."""

from math import isfinite

import torch
from torch import Tensor

from ...errors import Diverged
from .embedding_gradient import make_dense
from .loss_scale import LossScale
from .step_mean import StepMean


class StepGradient:
    """What is known of a step between its first part and the update of the weights.

    rate (float | None): the learning rate of the step before, for errors; None in the first one.
    """

    def __init__(self, loss_scale: LossScale) -> None:
        self.loss_scale = loss_scale
        self.rate: float | None = None
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
        if factor != 1.0:
            for parameter in network.parameters():
                if parameter.grad is not None:
                    parameter.grad.mul_(factor)
        is_finite = self.loss_scale.unscale(network.parameters())
        if not is_finite and self.loss_scale.is_exhausted:
            raise Diverged("the gradient of the encoder, in fp16,", rate)
        return is_finite
