"""Encoder settings: what a window is where it is left to us."""

import pytest

from spacy_bertfam.encoder.settings import EncoderSettings, window_of
from spacy_bertfam.errors import UserError


@pytest.mark.parametrize(
    ("setting", "reach", "window"),
    [
        ("auto", 510, 254),
        ("auto", 62, 62),
        ("auto", 8190, 4094),
        ("auto", 2046, 2046),
        (None, 510, 510),
        (None, 8190, 8190),
        (126, 510, 126),
        (1000, 510, 510),
    ],
)
def test_a_window_follows_the_reach_of_the_network(setting, reach, window):
    assert window_of(setting, reach) == window


def test_auto_takes_any_overlap_and_a_number_at_most_half():
    assert EncoderSettings(overlap=400).window == "auto"
    with pytest.raises(UserError, match="half the window"):
        EncoderSettings(window=100, overlap=51)


def test_another_word_for_the_window_is_refused_with_what_there_is():
    with pytest.raises(UserError, match='"auto", or null'):
        EncoderSettings(window="automatic")
