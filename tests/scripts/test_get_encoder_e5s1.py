"""The byte layout E5S1 and its four-bit blocks."""

import struct

import numpy as np
import pytest
from e5s1_writer import e5s1_bytes, quantize, tiny_encoder
from encoder_sources.e5s1 import E5S1
from encoder_sources.errors import EncoderError
from encoder_sources.q4 import dequantize

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁été", "", "中"]


def test_block_puts_low_halves_before_high_halves():
    raw = struct.pack("<e", 0.5) + bytes(range(16))
    weights = dequantize(np.frombuffer(raw, np.uint8))
    np.testing.assert_array_equal(weights[:16], (np.arange(16) - 8) * 0.5)
    np.testing.assert_array_equal(weights[16:], np.full(16, -4.0))


def test_dequantize_keeps_leading_dimensions():
    X = np.random.default_rng(1).normal(size=(3, 64)).astype(np.float32)
    raw, expected = quantize(X)
    np.testing.assert_array_equal(dequantize(np.frombuffer(raw, np.uint8).reshape(3, 36)), expected)
    assert np.abs(expected - X).max() < 0.3


def test_head_and_pieces_are_read():
    data, _ = tiny_encoder(PIECES)
    source = E5S1(data)
    assert source.pieces == PIECES
    assert (source.sizes.hidden, source.sizes.layers, source.sizes.vocabulary) == (32, 2, 9)
    assert source.sizes.epsilon == pytest.approx(1e-12)


def test_every_tensor_is_read_with_its_values():
    data, expected = tiny_encoder(PIECES)
    source = E5S1(data)
    assert set(source.entries) == set(expected)
    for name, X in expected.items():
        np.testing.assert_array_equal(source.tensor(name, width=X.shape[1] if X.ndim == 2 else None), X)


def test_only_the_rows_asked_for_are_decoded_in_their_order():
    data, expected = tiny_encoder(PIECES)
    rows = np.array([6, 0, 4])
    np.testing.assert_array_equal(
        E5S1(data).tensor("emb.word", width=32, rows=rows), expected["emb.word"][rows]
    )


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: b"GGUF" + data[4:], "starts with b'GGUF' version 1, expected b'E5S1' version 1"),
        (lambda data: data[:4] + b"\x02" + data[5:], "version 2, expected b'E5S1' version 1"),
        (lambda data: data[:60], "breaks off or is damaged at byte"),
        (lambda data: data[:-1], "the file is damaged"),
        (lambda data: b"", "breaks off"),
    ],
)
def test_damaged_file_is_told(damage, says):
    data, _ = tiny_encoder(PIECES)
    with pytest.raises(EncoderError, match=says):
        E5S1(damage(data))


def test_missing_tensor_is_named():
    data, _ = e5s1_bytes((32, 0, 1, 32, 1, 1, 1), ["a"], {"emb.ln.w": np.ones(32)})
    with pytest.raises(EncoderError, match=r"no tensor 'emb\.ln\.b'"):
        E5S1(data).tensor("emb.ln.b")
