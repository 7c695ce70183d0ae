"""Loss scaling for fp16 training, on any device (Micikevicius et al. 2018, section 3.2).

Small gradients would be rounded to zero in half precision: they are scaled up before they go back
through the network, and down again before the weights are updated. Thinc's own scaler needs a GPU.
"""

from collections.abc import Sequence

from torch import Tensor, isfinite, stack

FIRST_SCALE = 2.0**15
GROWTH_INTERVAL = 1000  # steps without an overflow after which the scale is doubled


class LossScale:
    """The factor on the gradient: halved where it overflowed, doubled now and then where it did not.

    enabled (bool): whether the network computes in fp16 on the device where it is now; else nothing is scaled.
    """

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.scale = FIRST_SCALE
        self._good_steps = 0
        self._n_bad = 0  # steps in succession that overflowed without any scale

    @property
    def is_exhausted(self) -> bool:
        """Whether gradients overflow again and again though they are not scaled up any more."""
        return self._n_bad > 1 and self.scale == 1.0

    @property
    def state(self) -> tuple[float, float]:
        """Scale, and steps since the last overflow: what a training that goes on takes up again."""
        return self.scale, float(self._good_steps)

    @state.setter
    def state(self, state: tuple[float, float]) -> None:
        self.scale, self._good_steps = state[0], int(state[1])

    def scaled(self, gradient: Tensor) -> Tensor:
        """The gradient that goes into the network."""
        return gradient * self.scale if self.enabled else gradient

    def unscale(self, gradients: Sequence[Tensor]) -> bool:
        """Bring the accumulated gradients of the weights back to their size, once before an update.

        RETURNS (bool): False where one overflowed: they are cleared then, and the step is to be skipped.
        """
        if not self.enabled:
            return True
        # read together: a GPU is waited for once
        finite = not gradients or bool(stack([isfinite(gradient).all() for gradient in gradients]).all())
        for gradient in gradients:
            if finite:
                gradient.mul_(1.0 / self.scale)
            else:
                gradient.zero_()
        self._good_steps = self._good_steps + 1 if finite else 0
        self._n_bad = self._n_bad + 1 if self.scale == 1.0 and not finite else 0
        if not finite:
            self.scale = max(1.0, self.scale / 2)
        elif self._good_steps % GROWTH_INTERVAL == 0:
            self.scale *= 2
        return finite
