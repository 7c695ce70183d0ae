"""Two texts in one Doc: the mark, and that it stays."""

from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_bertfam.data.pair_corpus import build_pair_corpus
from spacy_bertfam.data.pairs import first_length, has_pair, make_pair, mark_like, mark_pair
from spacy_bertfam.errors import DataError, UserError

NLP = spacy.blank("fr")


@pytest.fixture
def pair() -> Doc:
    return make_pair(NLP("Qui préside ?"), NLP("Anne préside\nla séance."))


def test_a_pair_has_the_words_of_both_texts_and_a_space_between(pair: Doc) -> None:
    assert pair.text == "Qui préside ? Anne préside\nla séance."
    assert pair[: first_length(pair)].text == "Qui préside ?"
    assert has_pair([NLP("seul"), pair]) and not has_pair([NLP("seul")])


def test_a_single_text_has_no_first_text() -> None:
    assert first_length(NLP("Anne préside.")) == 0


def test_a_second_text_may_be_empty() -> None:
    assert first_length(make_pair(NLP("Qui ?"), NLP(""))) == 2


@pytest.mark.parametrize("n_first", [0, 3])
def test_a_pair_needs_a_first_text(n_first: int) -> None:
    with pytest.raises(UserError, match="at least one"):
        mark_pair(NLP("Qui ?"), n_first)


def test_the_mark_is_kept_by_copies_files_and_json(pair: Doc) -> None:
    [read] = DocBin().from_bytes(DocBin(docs=[pair]).to_bytes()).get_docs(NLP.vocab)
    others = [
        read,
        pair.copy(),
        Doc(NLP.vocab).from_bytes(pair.to_bytes()),
        Doc(NLP.vocab).from_json(pair.to_json()),
    ]
    assert [first_length(doc) for doc in others] == [3] * 4


def test_a_doc_is_marked_like_a_reference_with_other_tokens(pair: Doc) -> None:
    words = ["Qui", "préside ?", "Anne", "préside\nla séance."]
    doc = Doc(NLP.vocab, words=words, spaces=[True, True, True, False])
    assert doc.text == pair.text
    assert (mark_like(doc, pair), first_length(doc)) == (2, 2)
    assert mark_like(NLP("seul"), NLP("seul")) == 0


def test_the_reader_of_pairs_marks_the_predicted_side(pair: Doc, tmp_path: Path) -> None:
    DocBin(docs=[pair, NLP("seul")]).to_disk(tmp_path / "x.spacy")
    examples = list(build_pair_corpus(tmp_path / "x.spacy")(NLP))
    assert [first_length(eg.predicted) for eg in examples] == [3, 0]
    with pytest.raises(DataError, match="no path"):
        build_pair_corpus(None)
