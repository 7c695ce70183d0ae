"""White space among the tokens: it takes part in no entity but the one around it."""

import numpy as np
import pytest
import spacy

from spacy_bertfam.decoding.tags import TagSet
from spacy_bertfam.pipeline.words import decode_words

TAGS = TagSet("IOB2", ("PER",))
SURE = 8.0


def decode(text, tags, *, space=2, outside=None):
    """Entities by their words, where each word has its tag for sure and white space that of row `space`."""
    doc = spacy.blank("fr")(text)
    words = iter(tags)
    scores = np.zeros((len(doc), len(TAGS)), dtype="float32")
    for token in doc:
        scores[token.i, space if token.is_space else TAGS.tag_to_id[next(words)]] = SURE
    mark = None if outside is None else [np.array([token.i in outside for token in doc])]
    (spans,) = decode_words([doc], [scores], TAGS, outside=mark)
    return [doc[span.start : span.end].text for span in spans]


@pytest.mark.parametrize("space", [0, 1, 2])
@pytest.mark.parametrize(
    ("text", "tags", "found"),
    [
        ("Marie  Vasseur", ["B-PER", "I-PER"], ["Marie  Vasseur"]),
        ("Marie\n\nVasseur", ["B-PER", "B-PER"], ["Marie", "Vasseur"]),
        (" \n Marie \t dort\n", ["B-PER", "O"], ["Marie"]),
        ("  Il  dort \n", ["O", "O"], []),
        (" \n ", [], []),
        ("", [], []),
    ],
)
def test_entities_go_across_white_space_and_have_none_at_their_borders(text, tags, found, space):
    assert decode(text, tags, space=space) == found


def test_white_space_that_is_outside_keeps_entities_apart():
    assert decode("Marie  Vasseur", ["B-PER", "B-PER"], outside=[1]) == ["Marie", "Vasseur"]
