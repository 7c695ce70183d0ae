"""Settings that cannot be meant are refused in a sentence, where they are set."""

import pytest

from spacy_bertfam.encoder.model import build_encoder, encoder_shim
from spacy_bertfam.encoder.settings import FLASH
from spacy_bertfam.errors import UserError


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"pooling": "sum"}, "pooling is 'sum': expected one of first, last, mean, max"),
        ({"mixed_precision": "fp8"}, "mixed_precision is 'fp8': expected one of none, bf16, fp16, auto, gpu"),
        ({"window": 3}, "window is 3: expected at least 4 pieces"),
        ({"overlap": -1}, "overlap is -1: expected 0 to half the window"),
        ({"window": 10, "overlap": 6}, "overlap is 6: expected 0 to half the window"),
        ({"max_batch_pieces": 0}, "max_batch_pieces is 0: expected 1 or more"),
        (
            {"attention": FLASH},
            "precision is 'fp32': expected one of bf16, fp16, gpu with the attention flash",
        ),
        (
            {"attention": FLASH, "precision": "gpu"},
            "mixed_precision is 'none': expected one of bf16, fp16, gpu",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        build_encoder("anything", **settings)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"window": 20, "overlap": 5}, (20, 5)),
        ({"window": None, "overlap": 5}, (62, 5)),
        ({"window": 1000, "overlap": 300}, (62, 31)),
        ({}, (62, 31)),
    ],
)
def test_a_window_is_at_most_what_the_network_takes(build, settings, expected):
    assert tuple(encoder_shim(build("bert", **settings)).window_size()) == expected


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_a_runtime_serves_all_batches(build, precision):
    shim = encoder_shim(build("bert", precision=precision))
    assert shim.runtime() is shim.runtime()


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_the_attention_of_the_setting_is_used(build, attention):
    network = encoder_shim(build("bert", attention=attention)).loaded.network
    assert network.config._attn_implementation == attention


def test_flash_attention_is_for_gpus(build):
    with pytest.raises(
        UserError, match=r"which a GPU alone computes; expected one \(--gpu-id 0, .* attention = null"
    ):
        build("modernbert", attention=FLASH, precision="gpu", mixed_precision="gpu")


def test_an_attention_that_there_is_not_is_said_with_what_to_set(build):
    with pytest.raises(
        UserError, match=r"expected an attention that .* in place of 'fast': null takes the fastest"
    ):
        build("bert", attention="fast")


def test_sdpa_is_used_where_nothing_is_set(build):
    assert encoder_shim(build("bert")).loaded.network.config._attn_implementation == "sdpa"
