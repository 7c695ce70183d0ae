"""Real corpora: what is kept and lost of them is known."""

import os
from pathlib import Path

import pytest

from spacy_bertfam.data.convert import convert
from spacy_bertfam.data.report import DUPLICATE, OFF_BORDERS, OVERLAP

pytestmark = [pytest.mark.corpora, pytest.mark.slow]


@pytest.mark.parametrize(
    "name, lang, unit, n_in, n_kept, lost",
    [
        ("fr_winer/dev.jsonl", "fr", "doc", 2499, 2496, {OFF_BORDERS: 3}),
        ("fr_winer/test.jsonl", "fr", "doc", 2623, 2617, {OFF_BORDERS: 6}),
        ("fr_winer/dev.iob", "fr", "doc", 2499, 2499, {}),
        ("fr_winer/brat", "fr", "doc", 1782, 1676, {OFF_BORDERS: 1, OVERLAP: 105}),
        ("fr_winer/dev.jsonl", "fr", "sentence", 2499, 2496, {OFF_BORDERS: 3}),
        ("fr_winer/brat", "fr", "sentence", 1782, 1676, {OFF_BORDERS: 1, OVERLAP: 105}),
        ("fr_soduco/dev.jsonl", "fr", "doc", 2577, 2463, {OFF_BORDERS: 114}),
        ("en_btc", "en", "sentence", 14885, 14885, {}),
        ("en_wikigold", "en", "sentence", 3558, 3558, {}),
    ],
)
def test_losses_are_the_known_ones(tmp_path, name, lang, unit, n_in, n_kept, lost):
    report = convert(Path(os.environ["BERTFAM_CORPORA"]) / name, tmp_path / "x.spacy", lang=lang, unit=unit)
    assert report.n_in.total() == n_in
    assert report.n_kept.total() == n_kept
    assert {reason: counts.total() for reason, counts in report.n_lost.items()} == lost
    assert DUPLICATE not in report.n_lost
