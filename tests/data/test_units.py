"""Cutting records: at lines and sentences, never inside an entity, nothing lost."""

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_bertfam.data.records import Mention, Record
from spacy_bertfam.data.units import cut_record

NLP = spacy.blank("xx")
TEXT = "Un titre\n\nJean vit à Lyon. Il aime\nParis. Oui.\n"


def cut(record, unit):
    return list(cut_record(record, unit, NLP))


@pytest.mark.parametrize(
    "unit, texts",
    [
        ("doc", [TEXT]),
        ("paragraph", ["Un titre", "Jean vit à Lyon. Il aime", "Paris. Oui."]),
        ("sentence", ["Un titre", "Jean vit à Lyon.", "Il aime", "Paris.", "Oui."]),
    ],
)
def test_text_is_cut_at_lines_and_sentences(unit, texts):
    place = (TEXT.index("Lyon"), TEXT.index("Lyon") + 4)
    units = cut(Record(TEXT, (Mention(*place, "LOC"),), "d", "s"), unit)
    assert [part.text for part in units] == texts
    assert [part.text[m.start : m.end] for part in units for m in part.mentions] == ["Lyon"]


@pytest.mark.parametrize("unit", ["paragraph", "sentence"])
def test_no_cut_inside_an_entity(unit):
    text = "Le Conseil\nrégional. Dr. No\nparle."
    mentions = (Mention(3, 19, "ORG"), Mention(21, 27, "PER"))
    texts = [part.text for part in cut(Record(text, mentions, "d", "s"), unit)]
    assert any("Conseil\nrégional" in part for part in texts)
    assert any("Dr. No" in part for part in texts)
    assert texts[-1] == "parle."


def test_column_sentences_become_units_with_words_as_given():
    words, spaces = ("l'", "AFP", "\u00a0", "Paris", "."), (False, True, True, False, False)
    starts = (True, False, False, True, False)
    record = Record("l'AFP \u00a0 Paris.", (Mention(8, 13, "LOC"),), "d", "s", 1, words, spaces, starts)
    first, second = cut(record, "sentence")
    assert (first.words, first.text) == (("l'", "AFP", "\u00a0"), "l'AFP \u00a0")
    assert (second.words, second.text) == (("Paris", "."), "Paris.")
    assert second.mentions == (Mention(0, 5, "LOC"),)
    assert cut(record, "paragraph") == [record]


@settings(deadline=None)
@given(st.data(), st.sampled_from(["doc", "paragraph", "sentence"]))
def test_every_mention_is_in_one_unit_with_its_text(data, unit):
    text = data.draw(st.text(st.sampled_from("ab. \n\r!"), max_size=30))
    visible = [i for i, character in enumerate(text) if not character.isspace()]
    pairs = data.draw(st.lists(st.tuples(*[st.sampled_from(visible)] * 2), max_size=4)) if visible else []
    mentions = tuple(Mention(min(pair), max(pair) + 1, "X") for pair in pairs)
    units = cut(Record(text, mentions, "d", "s"), unit)
    found = sorted(part.text[m.start : m.end] for part in units for m in part.mentions)
    assert found == sorted(text[m.start : m.end] for m in mentions)
    assert "".join("".join(part.text.split()) for part in units) == "".join(text.split())
