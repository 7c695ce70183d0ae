"""A tab in a text makes a pair of it, wherever spaCy makes a Doc of the text."""

import pickle
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training import Corpus

from spacy_bertfam.data.pairs import first_length

TOKENIZER = {"nlp": {"tokenizer": {"@tokenizers": "spacy-bertfam.PairTokenizer.v1"}}}


@pytest.fixture
def nlp() -> Language:
    return spacy.blank("fr", config=TOKENIZER)


@pytest.mark.parametrize(
    ("text", "n_first"),
    [
        ("L'homme dort.\tIl rit, aujourd'hui.", 5),
        ("Il dort \tIl rit", 3),
        ("Il dort\t\tIl\trit", 3),
        ("\tIl rit", 1),
        ("Il dort\t", 3),
        ("Il dort", 0),
    ],
)
def test_what_stands_before_the_first_tab_is_the_first_text(nlp: Language, text: str, n_first: int) -> None:
    doc = nlp(text)
    assert doc.text == text and first_length(doc) == n_first
    plain = spacy.blank("fr")(text)
    assert [token.text for token in doc] == [token.text for token in plain]


def test_every_way_to_a_doc_marks_it(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "nlp")
    DocBin(docs=[nlp("Il dort\tIl rit")]).to_disk(tmp_path / "t.spacy")
    loaded = spacy.load(tmp_path / "nlp")
    (example,) = Corpus(tmp_path / "t.spacy")(loaded)
    found = [
        example.predicted, example.reference, *loaded.pipe(["Il dort\tIl rit"] * 2, n_process=2),
        spacy.blank("fr", config=TOKENIZER).from_bytes(nlp.to_bytes())("Il dort\tIl rit"),
        pickle.loads(pickle.dumps(nlp.tokenizer))("Il dort\tIl rit"),
    ]  # fmt: skip
    assert [first_length(doc) for doc in found] == [3] * 6
