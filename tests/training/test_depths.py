"""How far up a parameter stands, and which layers are open after how many steps."""

from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import AutoModel

from spacy_bertfam.training.depths import lowest_open, parameter_depths


@pytest.mark.parametrize(
    "names",
    [
        {
            "embeddings.word_embeddings.weight": 0,
            "embeddings.LayerNorm.bias": 0,
            "encoder.layer.0.attention.self.query.weight": 1,
            "encoder.layer.1.output.dense.bias": 2,
            "encoder.layer.10.output.dense.bias": 11,
            "pooler.dense.weight": 11,
        },
        # whatever order they come in
        {
            "pooler.dense.weight": 3,
            "layers.2.mlp.Wi.weight": 3,
            "layers.0.mlp.Wi.weight": 1,
            "final_norm.weight": 3,
        },
        {"transformer.layer.1.ffn.lin1.bias": 2, "embeddings.position_embeddings.weight": 0},
        # a layer's own embeddings stand where the layer does
        {"encoder.layer.4.attention.embed.weight": 5, "wte.embed.weight": 0, "h.0.mlp.weight": 1},
        # no layers at all
        {"dense.weight": 0, "embed.weight": 0},
        {},
    ],
)
def test_a_parameter_stands_as_high_as_its_layer(names: dict[str, int]) -> None:
    assert parameter_depths(list(names)) == list(names.values())


@pytest.mark.parametrize("kind", ["bert", "distilbert", "modernbert"])
def test_every_layer_of_an_encoder_has_its_depth(tiny_encoder: Callable[[str], Path], kind: str) -> None:
    names = [name for name, _ in AutoModel.from_pretrained(tiny_encoder(kind)).named_parameters()]
    depths = dict(zip(names, parameter_depths(names), strict=True))
    assert set(depths.values()) == {0, 1, 2}
    for name, depth in depths.items():
        for layer in (0, 1):
            if f".{layer}." in name:
                assert depth == layer + 1
        if name.startswith("embeddings"):
            assert depth == 0


# of embeddings and three layers, some of them in several parameters
DEPTHS = [0, 1, 1, 2, 3, 3, 0]


@pytest.mark.parametrize(
    ("n_steps", "lowest"),
    [(0, 4), (9, 4), (10, 3), (19, 3), (20, 2), (30, 1), (39, 1), (40, 0), (41, 0), (1000, 0)],
)
def test_from_the_top_a_layer_more_opens_every_n_steps(n_steps: int, lowest: int) -> None:
    assert lowest_open(DEPTHS, n_steps, 10) == lowest


@pytest.mark.parametrize(
    ("depths", "n_steps", "lowest"),
    [
        ([5, 2], 0, 6),
        ([5, 2], 1, 5),  # what is frozen for good takes no turn
        ([5, 2], 2, 2),
        ([3], 0, 4),
        ([3], 1, 3),
    ],
)
def test_only_depths_that_are_trained_take_turns(depths: list[int], n_steps: int, lowest: int) -> None:
    assert lowest_open(depths, n_steps, 1) == lowest


@pytest.mark.parametrize("n_steps", [0, 5])
def test_without_a_number_of_steps_all_is_open(n_steps: int) -> None:
    assert lowest_open(DEPTHS, n_steps, 0) == 0
    assert lowest_open([2, 4], n_steps, 0) == 2
