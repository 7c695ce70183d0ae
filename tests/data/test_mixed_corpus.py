"""Corpora that know different things in one stream: evenly mixed, and silent where they know nothing."""

import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example

from spacy_bertfam.data.mixed import build_mixed_corpus
from spacy_bertfam.errors import DataError


def reader(prefix: str, n: int, **annotation):
    def read(nlp):
        for i in range(n):
            doc = Doc(nlp.vocab, words=[f"{prefix}{i}", "à", "Rennes"], **annotation)
            yield Example(Doc(nlp.vocab, words=[token.text for token in doc]), doc)

    return read


def names(corpus) -> list[str]:
    return [eg.reference[0].text for eg in corpus(spacy.blank("fr"))]


def test_parts_are_spread_over_the_whole_and_keep_their_order():
    found = names(build_mixed_corpus({"a": reader("a", 2), "b": reader("b", 4)}))
    assert sorted(found) == ["a0", "a1", "b0", "b1", "b2", "b3"]
    assert [name for name in found if name[0] == "b"] == ["b0", "b1", "b2", "b3"]
    assert {name[0] for name in found[:3]} == {"a", "b"} == {name[0] for name in found[3:]}


def test_a_small_part_is_repeated_and_zero_leaves_one_out():
    corpus = build_mixed_corpus(
        {"a": reader("a", 1), "b": reader("b", 3), "c": reader("c", 5)}, {"a": 3, "c": 0}
    )
    found = names(corpus)
    assert sorted(found) == ["a0", "a0", "a0", "b0", "b1", "b2"]
    assert found[0] != found[1] or found[0][0] == "b"


def test_a_corpus_that_is_silent_about_entities_says_nothing_of_them():
    o_everywhere = reader("a", 1, ents=["O", "O", "B-LOC"])
    (eg,) = build_mixed_corpus({"a": o_everywhere}, silent={"a": ["ents", "cats", "spans"]})(
        spacy.blank("fr")
    )
    assert not eg.reference.has_annotation("ENT_IOB") and not eg.reference.ents
    (eg,) = build_mixed_corpus({"a": o_everywhere})(spacy.blank("fr"))
    assert eg.reference.has_annotation("ENT_IOB") and len(eg.reference.ents) == 1


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"repeat": {"b": 2}}, "repeat of the mixed corpus names b; expected a part: a"),
        ({"silent": {"b": ["ents"]}}, "silent of the mixed corpus names b"),
        ({"repeat": {"a": -1}}, "repeat.a of the mixed corpus is -1"),
        (
            {"silent": {"a": ["heads"]}},
            "silent.a of the mixed corpus has heads; expected some of ents, cats, spans",
        ),
    ],
)
def test_a_setting_that_fits_no_part_is_refused(settings, message):
    with pytest.raises(DataError, match=message):
        build_mixed_corpus({"a": reader("a", 1)}, **settings)


def test_nothing_to_read_is_refused():
    with pytest.raises(DataError, match="no parts"):
        build_mixed_corpus({})
    with pytest.raises(DataError, match="part 'a' of the mixed corpus is empty"):
        names(build_mixed_corpus({"a": reader("a", 0)}))


def test_it_is_a_reader_of_configs():
    from spacy.util import registry

    block = {
        "@readers": "spacy-bertfam.MixedCorpus.v1",
        "parts": {"names": {"@readers": "spacy-bertfam.Corpus.v1", "path": "names.jsonl"}},
        "repeat": {"names": 2},
    }
    assert callable(registry.resolve({"corpus": block})["corpus"])
