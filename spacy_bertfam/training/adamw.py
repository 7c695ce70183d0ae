"""`spacy-bertfam.AdamW.v1`: one optimizer for `spacy train`, fast on the encoder and on the heads.

Thinc updates array by array; for a network of 118 million parameters that takes 0.37 s a step on two
cores, where torch's fused AdamW (Loshchilov and Hutter 2019, "Decoupled weight decay regularization",
algorithm 2) takes 0.05 s. Here torch updates the torch modules, Thinc the rest, on one schedule.
"""

from collections.abc import Callable
from math import inf
from typing import Any, cast

import torch
from thinc.api import Optimizer
from thinc.types import FloatsXd

from ..encoder.gradients.freezing import require_layers
from ..errors import Diverged, UserError, rate_of
from .depths import lowest_open, parameter_depths
from .learn_rate import GOOD_RATE, RateBySize, good_rate

# Settings, whether a number fits, and which ones do; NaN fits nowhere
BOUNDS: tuple[tuple[tuple[str, ...], Callable[[float], bool], str], ...] = (
    (("layer_decay",), lambda n: 0 < n <= 1, "a number above 0 and at most 1"),
    (("unfreeze_every",), lambda n: n >= 0, "a number of steps, 0 for none"),
    (("beta1", "beta2"), lambda n: 0 < n < 1, "a number between 0 and 1"),
    (("eps",), lambda n: 0 < n < inf, "a little more than 0, as 1e-8"),
    (("learn_rate", "weight_decay", "grad_clip", "head_lr_factor"), lambda n: 0 <= n < inf, "0 or more"),
)


def build_adamw(
    learn_rate: Any = 5e-5,
    *,
    weight_decay: float = 0.01,
    grad_clip: float = 1.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    head_lr_factor: float = 10.0,
    layer_decay: float = 1.0,
    unfreeze_every: int = 0,
) -> "AdamW":
    """AdamW for a pipeline with an encoder.

    learn_rate (float | Iterable[float]): a number, or a schedule: one of spaCy's, or
        ``spacy-bertfam.warmup_linear.v1``, whose height may follow the size of the encoder.
    weight_decay (float): not applied to biases and layer norms.
    grad_clip (float): bound on the norm of an encoder's whole gradient, and on that of each array of a head by
        itself: spaCy updates one component after the other, so there is no moment at which an optimizer has the
        gradients of both and may still move both. 0 does not clip.
    beta1, beta2, eps (float): as in the paper.
    head_lr_factor (float): the heads learn at this multiple of the encoder's rate: they start from nothing, and
        BIOES has many tags. 1 is what a plain `transformers` loop does.
    layer_decay (float): the rate of each layer over that of the layer above; 1 gives all the same, 0.9 lets
        the lower layers, which know the language, change less.
    unfreeze_every (int): n leaves the encoder as it is for n steps, in which the heads get their bearings, then
        trains its top layer, and one layer more every n steps; 0 trains all layers from the start. With n = 50 a
        network of 12 layers and embeddings is open after 650 steps. What is frozen by ``frozen_layers`` stays so.
    """
    given: dict[str, Any] = dict(locals())
    for names, fits, expected in BOUNDS:
        for name in names:
            # a schedule is no number
            if isinstance(given[name], (int, float)) and not fits(given[name]):
                raise UserError(f"AdamW: {name} is {given[name]}; expected {expected}.")
    return AdamW(given.pop("learn_rate"), L2=given.pop("weight_decay"), **given)


class AdamW(Optimizer):
    """Thinc's Adam with decoupled weight decay, and ``step_module`` for torch networks."""

    def __init__(
        self,
        learn_rate: Any,
        *,
        head_lr_factor: float = 1.0,
        layer_decay: float = 1.0,
        unfreeze_every: int = 0,
        **options: Any,
    ) -> None:
        self._by_size = isinstance(learn_rate, RateBySize)
        self._height = GOOD_RATE if self._by_size else 1.0  # of a schedule by size, until an encoder is seen
        shape = learn_rate.shape if self._by_size else learn_rate
        super().__init__(shape, use_averages=False, L2_is_weight_decay=True, **options)
        self.head_lr_factor = head_lr_factor
        self.layer_decay = layer_decay
        self.unfreeze_every = unfreeze_every
        self.steps_taken: dict[int, int] = {}  # by the key of a network
        self._torch: dict[int, torch.optim.Optimizer] = {}

    @property
    def learn_rate(self) -> float:
        """The rate of this step: what is set, or comes from a schedule, is its share of the height."""
        return self._share * self._height

    @learn_rate.setter
    def learn_rate(self, share: float) -> None:
        self._share = share

    def _fit_height(self, module: torch.nn.Module) -> None:
        """Lower the height to what suits this network: of several, the largest decides."""
        config = getattr(module, "config", None)
        width = getattr(config, "hidden_size", None)
        if self._by_size and width:
            n_layers = getattr(config, "num_hidden_layers", 1)
            self._height = min(self._height, good_rate(width, n_layers))

    def __call__(
        self, key: tuple[int, str], weights: FloatsXd, gradient: FloatsXd, *, lr_scale: float = 1.0
    ) -> tuple[FloatsXd, FloatsXd]:
        """Update one array: Thinc's way, without weight decay on a bias.

        An array of a torch network has a name with dots: it is another package's encoder, not a head.
        """
        decay, scale = self.L2, lr_scale * (1.0 if "." in key[1] else self.head_lr_factor)
        if weights.ndim < 2:
            self.L2 = 0.0
        try:
            updated = super().__call__(key, weights, gradient, lr_scale=scale)
            return cast(tuple[FloatsXd, FloatsXd], updated)
        finally:
            self.L2 = decay

    def step_module(self, key: int, module: torch.nn.Module) -> None:
        """Update every parameter of a torch network that has a gradient, then clear the gradients.

        key (int): identifies the network's state (first and second moments) between the steps.
        """
        if key not in self.steps_taken:
            self._require_layers(module)
        self._drop_frozen(key, module)
        trained = [parameter for parameter in module.parameters() if parameter.grad is not None]
        if not trained:
            return
        self._fit_height(module)
        if key not in self._torch:
            self._torch[key] = fused_adamw(self._groups(module))
        optimizer = self._torch[key]
        for group in optimizer.param_groups:
            group["lr"] = self.learn_rate * group["lr_scale"]
            group["betas"], group["eps"] = (self.b1, self.b2), self.eps
            group["weight_decay"] = self.L2 if group["decays"] else 0.0
        if self.grad_clip:
            norm = torch.nn.utils.clip_grad_norm_(trained, self.grad_clip)
            # on a GPU this would wait for the whole step; the next loss, which is read anyway, tells there
            if norm.device.type == "cpu" and not bool(torch.isfinite(norm)):
                raise Diverged("the gradient of the encoder", rate_of(self))
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def remembered(self, key: int, module: torch.nn.Module) -> dict[str, torch.Tensor]:
        """What is kept of each parameter of a torch network between the steps, to go on in another process.

        RETURNS (dict[str, Tensor]): by the parameter's name, a slash, and ``exp_avg``, ``exp_avg_sq`` or ``step``.
        """
        if key not in self._torch:
            return {}
        state = self._torch[key].state
        return {
            f"{name}/{what}": value
            for name, parameter in module.named_parameters()
            for what, value in state.get(parameter, {}).items()
        }

    def recall(self, key: int, module: torch.nn.Module, remembered: dict[str, torch.Tensor]) -> None:
        """Take up what ``remembered`` has returned for the same network."""
        if not remembered:
            return
        self._fit_height(module)
        self._torch[key] = fused_adamw(self._groups(module))
        parameters = dict(module.named_parameters())
        for name, value in remembered.items():
            parameter, what = name.rsplit("/", 1)
            device = parameters[parameter].device
            self._torch[key].state[parameters[parameter]][what] = value.clone().to(device)

    def _require_layers(self, module: torch.nn.Module) -> None:
        """RAISES (UserError): when a setting goes by layers, and the network has none that can be told apart."""
        for setting, unset in (("layer_decay", 1), ("unfreeze_every", 0)):
            if (value := getattr(self, setting)) != unset:
                require_layers((name for name, _ in module.named_parameters()), f"{setting} = {value}")

    def _drop_frozen(self, key: int, module: torch.nn.Module) -> None:
        """Count the step, and forget the gradients of the layers that are not open yet."""
        n_steps = self.steps_taken.get(key, 0)
        self.steps_taken[key] = n_steps + 1
        if not self.unfreeze_every:
            return
        parameters, depths = trained_depths(module)
        lowest = lowest_open(depths, n_steps, self.unfreeze_every) if depths else 0
        for parameter, depth in zip(parameters, depths, strict=True):
            if depth < lowest:
                parameter.grad = None

    def _groups(self, module: torch.nn.Module) -> list[dict[str, Any]]:
        """Parameters by depth and by whether they decay."""
        parameters, depths = trained_depths(module)
        top = max(depths) + 1
        groups: dict[tuple[int, bool], dict[str, Any]] = {}
        for parameter, depth in zip(parameters, depths, strict=True):
            decays = parameter.ndim > 1
            new = {"params": [], "decays": decays, "lr_scale": self.layer_decay ** (top - depth)}
            groups.setdefault((depth, decays), new)["params"].append(parameter)
        return list(groups.values())


def trained_depths(module: torch.nn.Module) -> tuple[list[torch.nn.Parameter], list[int]]:
    """RETURNS (Tuple): the parameters that are trained, and how far up each stands."""
    named = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
    return [p for _, p in named], parameter_depths([n for n, _ in named])


def fused_adamw(groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
    """torch's AdamW in its fused form, or in the plain one where this torch has none for the device."""
    try:
        return torch.optim.AdamW(groups, fused=True)
    except RuntimeError:
        return torch.optim.AdamW(groups)
