"""Findings about the corpora: spans, labels, missing annotation, shared texts, pieces."""

from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from small_corpus import SENTENCES, make_examples
from sound_config import DEV, states, the, write_corpus
from spacy.tokens import Doc, DocBin

from spacy_bertfam.checks.encoders import read_facts
from spacy_bertfam.checks.finding import FAILS, SUSPICIOUS
from spacy_bertfam.checks.gold import check_labels, neighbors
from spacy_bertfam.checks.leaks import UNIQUE, normalized
from spacy_bertfam.checks.pieces import check_pieces


def write_docs(path: Path, docs: list[Doc]) -> str:
    DocBin(docs=docs).to_disk(path)
    return str(path)


def test_entities_off_the_token_borders_are_counted_with_examples(check: Callable, tmp_path: Path) -> None:
    nlp = spacy.blank("fr")
    doc = Doc(
        nlp.vocab, words=["pro-", "Assad", "vit", "à", "Rouen"], spaces=[False, True, True, True, False]
    )
    doc.set_ents([doc.char_span(4, 9, "PER"), doc.char_span(16, 21, "LOC")])
    assert nlp.make_doc(doc.text)[0].text == "pro-Assad"
    found = the(
        check(paths__train=write_docs(tmp_path / "off.spacy", [doc])), "entities off the token borders"
    )
    assert (found.state, found.where, found.n) == (SUSPICIOUS, "train", 1)
    assert found.examples == ("PER 'Assad'",)


def test_a_corpus_without_any_entity_fails(check: Callable, tmp_path: Path) -> None:
    docs = [eg.predicted for eg in make_examples(spacy.blank("fr"))]
    assert FAILS in states(
        check(paths__train=write_docs(tmp_path / "bare.spacy", docs)), "entities that do not fit"
    )


def test_docs_without_annotation_are_counted(check: Callable, tmp_path: Path) -> None:
    examples = make_examples(spacy.blank("fr"))
    docs = [eg.reference for eg in examples[:4]] + [eg.predicted for eg in examples[4:]]
    found = the(check(paths__train=write_docs(tmp_path / "half.spacy", docs)), "Docs without any annotation")
    assert (found.where, found.n) == ("train", 2)


@pytest.mark.parametrize("content, do", [
    ("long", "cut it, by `bertfam convert --unit sentence`"),
    ("broken", "Convert it anew."),
    ("json", "Correct the file."),
])  # fmt: skip
def test_what_to_do_about_a_corpus_that_cannot_be_read(
    check: Callable, tmp_path: Path, content: str, do: str
) -> None:
    path, changed = tmp_path / f"{content}.spacy", {}
    if content == "long":
        write_docs(path, [Doc(spacy.blank("fr").vocab, words=["mot"] * 300_000, spaces=[True] * 300_000)])
    elif content == "broken":
        path.write_bytes(b"no docs")
    else:
        path = tmp_path / "x.jsonl"
        path.write_text('{"text": "a", "entities": [[0, 7, "X"]]}', encoding="utf8")
        changed["corpora__train"] = {"@readers": "spacy-bertfam.Corpus.v1", "path": str(path)}
    found = the(check(paths__train=str(path), **changed), "a corpus that cannot be read")
    assert (found.state, found.where) == (FAILS, "corpora.train")
    assert do in found.do


COUNTS = {"PER": 50, "LOC": 50}


@pytest.mark.parametrize("train, dev, what, where", [
    ({"PER ": 20}, {}, "labels with white space", "'PER '"),
    ({"B-PER": 20, "I-PER": 20}, {}, "tags taken for labels", "B-PER, I-PER"),
    ({"O": 20}, {}, "a label O", "O"),
    ({"Per": 20}, {}, "labels that differ in case", "PER, Per"),
    ({"ORG": 3}, {}, "labels with fewer than 10", "ORG 3"),
    ({}, {"ORG": 3}, "labels in dev only", "ORG"),
    ({"ORG": 30}, {}, "labels in train only", "ORG"),
])  # fmt: skip
def test_labels_that_look_wrong_are_named(train: dict, dev: dict, what: str, where: str) -> None:
    found = list(check_labels({"train": {**COUNTS, **train}, "dev": {**COUNTS, **dev}}))
    assert the(found, what).where == where
    assert the(found, what).state == SUSPICIOUS
    assert not states(found, "labels\n") and not any(f.what == "labels" for f in found)


def test_labels_with_a_hyphen_or_a_slash_are_sound() -> None:
    (found,) = check_labels({"train": {"MISC-work": 20, "a/b": 20}, "dev": {"MISC-work": 2, "a/b": 2}})
    assert found.state == "fine" and found.n == 2


def test_a_scheme_that_merges_neighbors_is_suspicious_and_changed(check: Callable, tmp_path: Path) -> None:
    sentences = [("Anne Paul vivent à Brest .", (("Anne", "PER"), ("Paul", "PER"), ("Brest", "LOC")))]
    path = str(write_corpus(tmp_path / "io.spacy", sentences, times=12))
    found = the(check(paths__train=path, components__ner__scheme="IO"), "entities that IO cannot tell")
    assert found.n == 12 and found.fix and found.fix(Path()) == {"components.ner.scheme": "BIOES"}
    assert not states(check(paths__train=path), "cannot tell")


def test_neighbors_of_another_label_are_none() -> None:
    nlp = spacy.blank("fr")
    sentence = ("Anne Alpina vit .", (("Anne", "PER"), ("Alpina", "ORG")))
    assert neighbors(make_examples(nlp, [sentence])[0]) == 0


def test_an_unknown_scheme_fails(check: Callable) -> None:
    assert states(check(components__ner__scheme="BIO"), "an unknown scheme") == [FAILS]


def test_texts_that_train_and_dev_share_are_found_exactly_and_but_for_case(
    check: Callable, tmp_path: Path
) -> None:
    shared = [SENTENCES[0], ("LA société  Alpina engage Zoé Martin .", ()), *DEV]
    found = check(paths__dev=str(write_corpus(tmp_path / "shared.spacy", shared)))
    exact, nearly = the(found, "texts of dev that stand in train"), the(found, "but for case and spaces")
    assert (exact.n, nearly.n) == (1, 1)
    assert exact.examples == (SENTENCES[0][0],)
    assert "25.0%" in exact.what


def test_short_texts_may_recur(check: Callable, tmp_path: Path) -> None:
    paths = [write_corpus(tmp_path / f"{part}.spacy", [*sentences, ("À Paris .", ())], times=12)
             for part, sentences in (("train2", SENTENCES), ("dev2", DEV))]  # fmt: skip
    found = check(paths__train=str(paths[0]), paths__dev=str(paths[1]))
    assert states(found, "no text of dev stands in train") == ["fine"]


def test_the_repair_writes_a_dev_corpus_without_the_doubled_texts(check: Callable, tmp_path: Path) -> None:
    path = write_corpus(tmp_path / "shared.spacy", [SENTENCES[0], *DEV])
    found = the(check(paths__dev=str(path)), "texts of dev that stand in train")
    assert found.fix and found.fix(tmp_path) == {"corpora.dev.path": str(tmp_path / UNIQUE)}
    nlp = spacy.blank("fr")
    docs = list(DocBin().from_disk(tmp_path / UNIQUE).get_docs(nlp.vocab))
    assert [doc.text for doc in docs] == [nlp.make_doc(text).text for text, _ in DEV]
    assert [len(doc.ents) for doc in docs] == [2, 2]


def test_a_dev_corpus_that_is_mostly_doubled_is_not_repaired(check: Callable, tmp_path: Path) -> None:
    path = write_corpus(tmp_path / "shared.spacy", [*SENTENCES, *DEV])
    assert the(check(paths__dev=str(path)), "texts of dev that stand in train").fix is None


def test_texts_are_alike_but_for_case_and_spaces() -> None:
    assert normalized(" Le  Maire\nSIGNE") == normalized("le maire signe")


def pieces_of(folder: Path, texts: list[str], window: int = 30) -> list:
    nlp = spacy.blank("fr")
    corpora = {"train": make_examples(nlp, [(text, ()) for text in texts])}
    return list(check_pieces(read_facts("encoder", folder, {"window": window}), corpora))


def test_text_that_the_vocabulary_is_not_made_for_is_suspicious(tiny_encoder: Callable[[str], Path]) -> None:
    found = pieces_of(tiny_encoder("camembert"), ["Xylqwzrt vbnkjhg wqpzxc ."] * 3)
    assert SUSPICIOUS in states(found, "pieces per word")


def test_unknown_pieces_are_counted(tiny_encoder: Callable[[str], Path]) -> None:
    found = the(pieces_of(tiny_encoder("bert"), ["漢字 仮名 한국 Zoé"] * 3), "pieces that are unknown")
    assert found.n and found.n >= 3


def test_long_documents_are_read_in_several_windows(tiny_encoder: Callable[[str], Path]) -> None:
    found = the(
        pieces_of(tiny_encoder("camembert"), ["Il pleut sur la ville . " * 20, "Il pleut ."]), "over a window"
    )
    assert (found.state, found.n) == ("fine", 1)


def test_a_word_longer_than_a_window_is_shown(tiny_encoder: Callable[[str], Path]) -> None:
    found = the(pieces_of(tiny_encoder("camembert"), ["x" * 200]), "more pieces than a window")
    assert found.examples == ("x" * 60 + "…",)


def test_a_stream_without_end_is_read_in_part(
    check: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from itertools import count

    from spacy.training import Example

    from spacy_bertfam.checks import corpora

    @spacy.registry.readers("endless_for_check.v1")
    def endless() -> Callable:
        def read(nlp):
            examples = make_examples(nlp)
            return (Example(examples[i % 6].predicted, examples[i % 6].reference) for i in count())

        return read

    monkeypatch.setattr(corpora, "STREAM_LIMIT", 60)
    found = check(corpora__train={"@readers": "endless_for_check.v1"}, training__max_epochs=-1)
    assert [f.n for f in found if f.where == "corpora.train"] == [60]
