"""AdamW against torch's own, set up by hand, and against the paper's equations."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from small_corpus import make_examples, shared_pipeline
from small_corpus import train as train_pipeline
from spacy.util import registry
from thinc.api import constant

from spacy_bertfam.errors import UserError
from spacy_bertfam.training.adamw import AdamW, build_adamw, fused_adamw
from spacy_bertfam.training.learn_rate import GOOD_RATE, RateBySize

RATE = 0.01
KEY = 7


class Network(torch.nn.Module):
    """Named as an encoder is: embeddings, two layers, and a norm over them."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = torch.nn.Embedding(4, 3)
        self.layer = torch.nn.ModuleList([torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)])
        self.norm = torch.nn.LayerNorm(3)


MATRICES = ("embeddings.weight", "layer.0.weight", "layer.1.weight")
DEPTHS = {
    "embeddings.weight": 0,
    "layer.0.weight": 1,
    "layer.0.bias": 1,
    "layer.1.weight": 2,
    "layer.1.bias": 2,
    "norm.weight": 2,
    "norm.bias": 2,
}


def weights(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in network.named_parameters()}


def draw_gradients(n_steps: int, *, size: float = 1.0) -> list[dict[str, torch.Tensor]]:
    """RETURNS (list): for each step a gradient for each parameter."""
    shapes = {name: parameter.shape for name, parameter in Network().named_parameters()}
    return [{name: size * torch.randn(shape) for name, shape in shapes.items()} for _ in range(n_steps)]


def train(
    optimizer: AdamW, network: torch.nn.Module, steps: Sequence[dict[str, torch.Tensor]], *, key: int = KEY
) -> None:
    """Take steps as spaCy does: the gradients come, the network is updated, the schedules go on."""
    for gradients in steps:
        for name, parameter in network.named_parameters():
            parameter.grad = gradients[name].clone() if name in gradients else None
        optimizer.step_module(key, network)
        optimizer.step_schedules()


def torchs(
    network: torch.nn.Module,
    steps: Sequence[dict[str, torch.Tensor]],
    rates: dict[str, float] | None = None,
    *,
    decay: float = 0.0,
    clip: float = 0.0,
    **options: Any,
) -> dict[str, torch.Tensor]:
    """The same steps by torch's plain AdamW, each parameter a group of its own. Changes `network`.

    rates (dict): by parameter; without one it is RATE.
    decay (float): of the matrices.
    """
    groups = [
        {
            "params": [p],
            "lr": (rates or {}).get(name, RATE),
            "weight_decay": decay if name in MATRICES else 0.0,
        }
        for name, p in network.named_parameters()
    ]
    optimizer = torch.optim.AdamW(groups, fused=False, foreach=False, **options)
    for gradients in steps:
        for name, parameter in network.named_parameters():
            parameter.grad = gradients[name].clone() if name in gradients else None
        if clip:
            torch.nn.utils.clip_grad_norm_(network.parameters(), clip)
        optimizer.step()
    return weights(network)


def assert_close(found: torch.nn.Module, expected: dict[str, torch.Tensor]) -> None:
    for name, weight in weights(found).items():
        torch.testing.assert_close(weight, expected[name], rtol=1e-5, atol=1e-7, msg=name)


def twins() -> tuple[Network, Network]:
    """RETURNS (tuple): two networks with the same weights, none of them zero."""
    one, other = Network(), Network()
    for parameter in one.parameters():
        torch.nn.init.normal_(parameter)
    other.load_state_dict(one.state_dict())
    return one, other


# -- networks of torch


def test_a_network_is_updated_as_by_torch() -> None:
    network, twin = twins()
    steps = draw_gradients(4)
    train(AdamW(RATE, L2=0.0, grad_clip=0.0), network, steps)
    assert_close(network, torchs(twin, steps))


def test_betas_and_eps_are_those_given() -> None:
    network, twin = twins()
    steps = draw_gradients(3)
    train(AdamW(RATE, L2=0.0, grad_clip=0.0, beta1=0.5, beta2=0.7, eps=0.3), network, steps)
    assert_close(network, torchs(twin, steps, betas=(0.5, 0.7), eps=0.3))


def test_matrices_decay_and_biases_and_norms_do_not() -> None:
    network, twin = twins()
    steps = draw_gradients(3)
    before = weights(network)
    train(AdamW(RATE, L2=5.0, grad_clip=0.0), network, steps)
    assert_close(network, torchs(twin, steps, decay=5.0))
    # by hand: without a gradient there is the decay alone
    network.load_state_dict(before)
    train(AdamW(RATE, L2=5.0), network, [{name: torch.zeros_like(w) for name, w in before.items()}])
    for name, weight in weights(network).items():
        factor = 1 - RATE * 5.0 if name in MATRICES else 1.0
        torch.testing.assert_close(weight, before[name] * factor)


def test_each_layer_learns_at_a_fraction_of_the_rate_of_the_one_above() -> None:
    network, twin = twins()
    steps = draw_gradients(3)
    train(AdamW(RATE, L2=0.1, grad_clip=0.0, layer_decay=0.5), network, steps)
    rates = {name: RATE * {2: 0.5, 1: 0.25, 0: 0.125}[depth] for name, depth in DEPTHS.items()}
    assert_close(network, torchs(twin, steps, rates, decay=0.1))


def test_layers_count_from_the_top_one_that_is_trained() -> None:
    network, twin = twins()
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(DEPTHS[name] < 2)
    steps = [{name: g for name, g in step.items() if DEPTHS[name] < 2} for step in draw_gradients(2)]
    train(AdamW(RATE, L2=0.0, grad_clip=0.0, layer_decay=0.5), network, steps)
    rates = {name: RATE * {1: 0.5, 0: 0.25}[depth] for name, depth in DEPTHS.items() if depth < 2}
    assert_close(network, torchs(twin, steps, rates))


def test_what_is_frozen_stays() -> None:
    network, _ = twins()
    network.layer[0].requires_grad_(False)
    before = weights(network)
    steps = [{n: g for n, g in step.items() if not n.startswith("layer.0")} for step in draw_gradients(2)]
    train(AdamW(RATE, L2=1.0), network, steps)
    moved = {name for name, weight in weights(network).items() if not torch.equal(weight, before[name])}
    assert moved == set(DEPTHS) - {"layer.0.weight", "layer.0.bias"}


def test_the_norm_of_the_whole_gradient_is_bounded() -> None:
    network, twin = twins()
    steps = draw_gradients(3, size=2.0)  # norms of about 11
    train(AdamW(RATE, L2=0.0, grad_clip=0.5, eps=0.1), network, steps)
    assert_close(network, torchs(twin, steps, clip=0.5, eps=0.1))


def test_a_gradient_within_the_bound_is_left_as_it_is() -> None:
    network, twin = twins()
    steps = draw_gradients(2, size=0.01)
    train(AdamW(RATE, L2=0.0, grad_clip=1.0, eps=0.1), network, steps)
    assert_close(network, torchs(twin, steps, eps=0.1))


def test_rates_decay_and_betas_follow_their_schedules() -> None:
    network, twin = twins()
    steps = draw_gradients(3)
    optimizer = AdamW([0.1, 0.02, 0.003], L2=[0.3, 0.2, 0.1], beta1=[0.5, 0.6, 0.7], grad_clip=0.0)
    train(optimizer, network, steps)
    groups = [{"params": [p], "decays": name in MATRICES} for name, p in twin.named_parameters()]
    reference = torch.optim.AdamW(groups, fused=False, foreach=False)
    for gradients, rate, decay, beta1 in zip(
        steps, (0.1, 0.02, 0.003), (0.3, 0.2, 0.1), (0.5, 0.6, 0.7), strict=True
    ):
        for group in reference.param_groups:
            group.update(lr=rate, betas=(beta1, 0.999), weight_decay=decay if group["decays"] else 0.0)
        for name, parameter in twin.named_parameters():
            parameter.grad = gradients[name].clone()
        reference.step()
    assert_close(network, weights(twin))


def test_gradients_are_cleared_by_a_step() -> None:
    network, _ = twins()
    train(AdamW(RATE), network, draw_gradients(1))
    assert all(parameter.grad is None for parameter in network.parameters())


def test_without_gradients_nothing_moves() -> None:
    network, _ = twins()
    optimizer = AdamW(RATE, L2=1.0)
    before = weights(network)
    train(optimizer, network, [{}, {}])
    assert_close(network, before)
    train(optimizer, network, draw_gradients(1))
    before = weights(network)
    train(optimizer, network, [{}])  # nor once there is momentum
    assert_close(network, before)


def test_two_networks_have_their_own_moments() -> None:
    optimizer = AdamW(RATE, L2=0.0, grad_clip=0.0)
    pairs = [twins(), twins()]
    both = [draw_gradients(3), draw_gradients(3)]
    for i in range(3):
        for key, (network, _) in enumerate(pairs):
            train(optimizer, network, both[key][i : i + 1], key=key)
    for (network, twin), steps in zip(pairs, both, strict=True):
        assert_close(network, torchs(twin, steps))


def test_a_parameter_that_gets_no_gradient_for_a_step_keeps_its_moments() -> None:
    network, twin = twins()
    steps = draw_gradients(3)
    del steps[1]["layer.0.weight"]
    train(AdamW(RATE, L2=0.0, grad_clip=0.0), network, steps)
    assert_close(network, torchs(twin, steps))


# -- gradual unfreezing


def test_layers_open_from_the_top_after_so_many_steps() -> None:
    network, _ = twins()
    optimizer = AdamW(RATE, unfreeze_every=2)
    moved = []
    for step in draw_gradients(8):
        before = weights(network)
        train(optimizer, network, [step])
        moved.append(
            {DEPTHS[n] for n, weight in weights(network).items() if not torch.equal(weight, before[n])}
        )
    assert moved == [set(), set(), {2}, {2}, {2, 1}, {2, 1}, {2, 1, 0}, {2, 1, 0}]


def test_a_layer_that_opens_begins_as_in_a_first_step() -> None:
    """Its moments know nothing of the steps before; and closed layers have no share in the norm that is bounded."""
    network, twin = twins()
    steps = draw_gradients(3)
    train(AdamW(RATE, L2=0.3, grad_clip=0.5, eps=0.1, unfreeze_every=1), network, steps)
    open_ones = [
        {n: g for n, g in step.items() if DEPTHS[n] >= lowest}
        for step, lowest in zip(steps, (3, 2, 1), strict=True)
    ]
    assert_close(network, torchs(twin, open_ones, decay=0.3, clip=0.5, eps=0.1))


def test_layers_that_are_frozen_for_good_take_no_turn() -> None:
    network, _ = twins()
    network.layer[1].requires_grad_(False)
    network.norm.requires_grad_(False)
    optimizer, before = AdamW(RATE, unfreeze_every=1), weights(network)
    steps = [{n: g for n, g in step.items() if DEPTHS[n] < 2} for step in draw_gradients(2)]
    train(optimizer, network, steps)
    assert {n for n, w in weights(network).items() if not torch.equal(w, before[n])} == {
        "layer.0.weight",
        "layer.0.bias",
    }


def test_a_network_without_trained_parameters_is_left_alone() -> None:
    network = Network().requires_grad_(False)
    before = weights(network)
    train(AdamW(RATE, L2=1.0, unfreeze_every=1), network, [{}, {}])
    assert_close(network, before)


def test_each_network_counts_its_own_steps() -> None:
    optimizer = AdamW(RATE, unfreeze_every=2)
    first, second = Network(), Network()
    before = weights(second)
    train(optimizer, first, draw_gradients(2), key=1)
    train(optimizer, second, draw_gradients(2), key=2)
    assert_close(second, before)
    assert optimizer.steps_taken == {1: 2, 2: 2}


# -- arrays of Thinc


def adam_by_hand(
    gradients: Sequence[np.ndarray], rate: float, *, b1: float = 0.9, b2: float = 0.999
) -> np.ndarray:
    """RETURNS (ndarray): how far weights move (Kingma and Ba 2015, algorithm 1)."""
    m = v = moved = np.zeros_like(gradients[0], dtype=np.float64)
    for t, g in enumerate(gradients, 1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        moved = moved - rate * (m / (1 - b1**t)) / np.sqrt(v / (1 - b2**t))
    return moved


def update(
    optimizer: AdamW, name: str, weight: np.ndarray, gradients: Sequence[np.ndarray], **options: Any
) -> Any:
    """RETURNS (ndarray): a copy of the weight after so many updates."""
    weight = weight.copy()
    for gradient in gradients:
        weight, left = optimizer((1, name), weight, gradient.copy(), **options)
        assert not left.any()
    return weight


@pytest.fixture
def matrix() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(3, 2)).astype("float32")


@pytest.fixture
def gradients() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.normal(size=(3, 2)).astype("float32") for _ in range(3)]


@pytest.mark.parametrize(("name", "factor"), [("W", 4.0), ("b", 4.0), ("encoder.layer.0.weight", 1.0)])
def test_a_head_learns_at_a_multiple_of_the_rate(
    matrix: np.ndarray, gradients: list[np.ndarray], name: str, factor: float
) -> None:
    optimizer = AdamW(RATE, L2=0.0, grad_clip=0.0, head_lr_factor=4.0)
    found = update(optimizer, name, matrix, gradients)
    np.testing.assert_allclose(found - matrix, adam_by_hand(gradients, RATE * factor), rtol=1e-4, atol=1e-6)


def test_a_scale_that_thinc_gives_multiplies_the_rate(
    matrix: np.ndarray, gradients: list[np.ndarray]
) -> None:
    found = update(
        AdamW(RATE, L2=0.0, grad_clip=0.0, head_lr_factor=4.0), "W", matrix, gradients, lr_scale=0.5
    )
    np.testing.assert_allclose(found - matrix, adam_by_hand(gradients, RATE * 2.0), rtol=1e-4, atol=1e-6)


def test_an_array_with_rows_decays_at_its_own_rate(matrix: np.ndarray) -> None:
    found = update(AdamW(RATE, L2=3.0, head_lr_factor=2.0), "W", matrix, [np.zeros_like(matrix)])
    np.testing.assert_allclose(found, matrix * (1 - 2 * RATE * 3.0), rtol=1e-5)


def test_a_bias_does_not_decay_and_what_comes_after_it_does(matrix: np.ndarray) -> None:
    optimizer = AdamW(RATE, L2=3.0)
    bias = np.ones(5, dtype="float32")
    np.testing.assert_array_equal(update(optimizer, "b", bias, [np.zeros_like(bias)]), bias)
    found = update(optimizer, "W", matrix, [np.zeros_like(matrix)])
    np.testing.assert_allclose(found, matrix * (1 - RATE * 3.0), rtol=1e-5)


def test_the_decay_comes_back_after_an_error_in_a_bias() -> None:
    optimizer = AdamW(RATE, L2=3.0)
    with pytest.raises(ValueError, match="incompatible shapes"):
        optimizer((1, "b"), np.ones(5, dtype="float32"), np.ones(4, dtype="float32"))
    assert optimizer.L2 == 3.0


def test_each_array_of_a_head_is_clipped_by_itself(matrix: np.ndarray) -> None:
    gradient = np.full((3, 2), 10.0, dtype="float32")
    small = np.full((3, 2), 0.01, dtype="float32")
    optimizer = AdamW(RATE, L2=0.0, grad_clip=0.6)
    found = update(optimizer, "W", matrix, [gradient, small])
    clipped = gradient * (0.6 / np.sqrt(600.0))
    np.testing.assert_allclose(found - matrix, adam_by_hand([clipped, small], RATE), rtol=1e-4, atol=1e-6)


def test_averages_are_not_kept() -> None:
    assert AdamW(RATE).averages is None


# -- as users have it


def test_settings_left_out_are_those_of_the_documentation() -> None:
    optimizer = build_adamw()
    assert (optimizer.learn_rate, optimizer.L2, optimizer.grad_clip) == (5e-5, 0.01, 1.0)
    assert (optimizer.b1, optimizer.b2, optimizer.eps) == (0.9, 0.999, 1e-8)
    assert (optimizer.head_lr_factor, optimizer.layer_decay, optimizer.unfreeze_every) == (10.0, 1.0, 0)
    assert optimizer.L2_is_weight_decay


def test_settings_of_a_config_reach_the_optimizer() -> None:
    block = {
        "@optimizers": "spacy-bertfam.AdamW.v1",
        "weight_decay": 0.2,
        "grad_clip": 0.3,
        "beta1": 0.4,
        "beta2": 0.5,
        "eps": 0.6,
        "head_lr_factor": 7.0,
        "layer_decay": 0.8,
        "unfreeze_every": 9,
        "learn_rate": {
            "@schedules": "warmup_linear.v1",
            "initial_rate": 0.3,
            "warmup_steps": 2,
            "total_steps": 4,
        },
    }
    optimizer = registry.resolve({"optimizer": block})["optimizer"]
    assert (optimizer.L2, optimizer.grad_clip, optimizer.b1, optimizer.b2) == (0.2, 0.3, 0.4, 0.5)
    assert (optimizer.eps, optimizer.head_lr_factor, optimizer.layer_decay) == (0.6, 7.0, 0.8)
    assert optimizer.unfreeze_every == 9
    rates = [optimizer.learn_rate]
    for _ in range(4):
        optimizer.step_schedules()
        rates.append(optimizer.learn_rate)
    assert rates == pytest.approx([0.0, 0.15, 0.3, 0.15, 0.0])


@pytest.mark.parametrize("value", [0, -0.5, 1.01])
def test_a_layer_decay_outside_of_its_range_is_refused(value: float) -> None:
    with pytest.raises(
        UserError, match=rf"^AdamW: layer_decay is {value}; expected a number above 0 and at most 1\.$"
    ):
        build_adamw(layer_decay=value)


def test_a_negative_number_of_steps_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"^AdamW: unfreeze_every is -1; expected a number of steps, 0 for none\.$"
    ):
        build_adamw(unfreeze_every=-1)


def test_in_a_pipeline_heads_move_ten_times_as_far_as_the_encoder(
    tiny_encoder: Callable[[str], Path],
) -> None:
    """Adam's first step moves each weight by its rate, whatever its gradient."""
    nlp = shared_pipeline(tiny_encoder("bert"))
    nlp.initialize(lambda: make_examples(nlp))
    [shim] = [shim for node in nlp.get_pipe("encoder").model.walk() for shim in node.shims]
    [head] = [node for node in nlp.get_pipe("ner").model.walk() if node.has_param("b")]
    name = "encoder.layer.0.attention.output.dense.bias"
    encoder_bias = shim._model.get_parameter(name)
    before = encoder_bias.detach().clone(), head.get_param("b").copy()
    train_pipeline(nlp, make_examples(nlp), build_adamw(1e-3), n_steps=1)
    moved = (
        (encoder_bias.detach() - before[0]).abs().median(),
        np.median(np.abs(head.get_param("b") - before[1])),
    )
    assert moved == (pytest.approx(1e-3, rel=0.01), pytest.approx(1e-2, rel=0.01))


# -- torch's two forms


def test_the_fused_form_is_used_where_torch_has_it() -> None:
    groups = ({"params": [torch.nn.Parameter(torch.ones(2))]} for _ in range(2))
    optimizer = fused_adamw(groups)
    assert optimizer.defaults["fused"] is True
    assert len(optimizer.param_groups) == 2


def test_the_plain_form_serves_where_there_is_no_fused_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain(torch.optim.AdamW):
        def __init__(self, groups: Any, **options: Any) -> None:
            if options.get("fused"):
                raise RuntimeError("`fused=True` requires all the params to be floating point Tensors of ...")
            super().__init__(groups, **options)

    monkeypatch.setattr(torch.optim, "AdamW", Plain)
    groups = ({"params": [torch.nn.Parameter(torch.ones(2))]} for _ in range(2))
    optimizer = fused_adamw(groups)
    assert isinstance(optimizer, Plain)
    assert len(optimizer.param_groups) == 2


# -- what is kept between two processes


def test_another_process_goes_on_with_what_is_remembered() -> None:
    network, twin = twins()
    steps = draw_gradients(5)
    first = AdamW(RATE, L2=0.1, grad_clip=0.0, layer_decay=0.5)
    train(first, network, steps[:3])
    remembered = first.remembered(KEY, network)
    assert set(remembered) == {f"{n}/{what}" for n in DEPTHS for what in ("exp_avg", "exp_avg_sq", "step")}
    assert float(remembered["layer.0.weight/step"]) == 3

    second = AdamW(RATE, L2=0.1, grad_clip=0.0, layer_decay=0.5)
    second.recall(KEY, network, remembered)
    train(second, network, steps[3:])
    rates = {name: RATE * {2: 0.5, 1: 0.25, 0: 0.125}[depth] for name, depth in DEPTHS.items()}
    assert_close(network, torchs(twin, steps, rates, decay=0.1))


def test_what_is_recalled_is_a_copy() -> None:
    network, _ = twins()
    first, second = AdamW(RATE), AdamW(RATE)
    train(first, network, draw_gradients(1))
    remembered = {name: tensor.clone() for name, tensor in first.remembered(KEY, network).items()}
    kept = {name: tensor.clone() for name, tensor in remembered.items()}
    second.recall(KEY, network, remembered)
    train(second, network, draw_gradients(1))
    assert all(torch.equal(remembered[name], kept[name]) for name in kept)


def test_what_is_recalled_stands_where_the_network_does() -> None:
    """As on a GPU, of which torch's `meta` has all but the numbers. Any name of a parameter will do."""
    network = torch.nn.Module()
    network.register_parameter("a/b/c", torch.nn.Parameter(torch.ones(2)))
    first, second = AdamW(RATE), AdamW(RATE)
    train(first, network, [{"a/b/c": torch.ones(2)}])
    remembered = first.remembered(KEY, network)
    second.recall(KEY, network.to("meta"), remembered)
    recalled = second.remembered(KEY, network)
    assert recalled.keys() == {"a/b/c/exp_avg", "a/b/c/exp_avg_sq", "a/b/c/step"}
    assert {tensor.device.type for tensor in recalled.values()} == {"meta"}


def test_a_rate_by_the_size_of_the_encoder_is_known_when_a_training_goes_on() -> None:
    network, _ = twins()
    network.config = SimpleNamespace(hidden_size=1024, num_hidden_layers=24)
    first, second = (AdamW(RateBySize(constant(1.0))) for _ in range(2))
    train(first, network, draw_gradients(1))
    second.recall(KEY, network, first.remembered(KEY, network))
    assert second.learn_rate == first.learn_rate < GOOD_RATE


def test_before_the_first_step_there_is_nothing_to_remember() -> None:
    network, twin = twins()
    optimizer = AdamW(RATE, L2=0.0, grad_clip=0.0)
    assert optimizer.remembered(KEY, network) == {}
    optimizer.recall(KEY, network, {})
    steps = draw_gradients(2)
    train(optimizer, network, steps)
    assert_close(network, torchs(twin, steps))


def test_layers_that_never_opened_have_nothing_to_remember() -> None:
    network, _ = twins()
    optimizer = AdamW(RATE, unfreeze_every=1)
    train(optimizer, network, draw_gradients(2))
    assert {name.rsplit("/", 1)[0] for name in optimizer.remembered(KEY, network)} == {
        name for name, depth in DEPTHS.items() if depth == 2
    }


@pytest.mark.parametrize("setting", ["beta1", "beta2"])
@pytest.mark.parametrize("value", [0, 1.0])
def test_a_beta_with_which_thincs_adam_is_another_method_is_refused(setting: str, value: float) -> None:
    with pytest.raises(UserError, match=f"AdamW: {setting} is {value}; expected a number between 0 and 1"):
        build_adamw(**{setting: value})


@pytest.mark.parametrize("setting", ["layer_decay", "unfreeze_every"])
def test_what_goes_by_layers_is_refused_where_there_are_none(setting: str) -> None:
    """As in ALBERT, whose layers have the same weights."""
    network = torch.nn.ModuleDict(
        {"embeddings": torch.nn.Embedding(4, 3), "shared_layer": torch.nn.Linear(3, 3)}
    )
    optimizer = AdamW(RATE, **{setting: {"layer_decay": 0.9, "unfreeze_every": 2}[setting]})
    with pytest.raises(UserError, match=f"{setting} = .* goes by layers"):
        train(optimizer, network, [{"shared_layer.bias": torch.ones(3)}])


@pytest.mark.parametrize("setting", ["learn_rate", "weight_decay", "grad_clip", "head_lr_factor"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_a_setting_with_which_nothing_is_learned_is_refused(setting: str, value: float) -> None:
    with pytest.raises(UserError, match=f"AdamW: {setting} is {value}; expected 0 or more"):
        build_adamw(**{setting: value})
