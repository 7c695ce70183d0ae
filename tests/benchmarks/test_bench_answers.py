"""The suite of answers: both sides train on the same questions, and are scored alike."""

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_bertfam.data.pairs import make_pair

CASES = [("Qui préside ?", "Anne préside à Rennes.", "Anne"), ("Où ?", "Paul dort à Brest.", "Brest")]


@pytest.fixture
def pairs():
    nlp, docs = spacy.blank("fr"), []
    for question, text, answer in CASES:
        doc = make_pair(nlp.make_doc(question), nlp.make_doc(text))
        start = doc.text.index(answer)
        doc.spans["answers"] = [doc.char_span(start, start + len(answer))]
        docs.append(doc)
    return docs


def test_a_question_is_read_in_characters_of_its_text(pairs):
    from benchmarks.plain_answers import asked

    found = list(map(asked, pairs))
    assert [question[:2] for question in found] == [case[:2] for case in CASES]
    assert [text[slice(*gold[0])] for _, text, gold in found] == ["Anne", "Brest"]


def test_gold_pieces_are_those_of_the_answer_or_the_special_one():
    from benchmarks.plain_answers import gold_pieces

    offsets = [None, None, None, (0, 4), (4, 8), (8, 12), None]
    assert gold_pieces(offsets, [(5, 12)]) == (4, 5)
    assert gold_pieces(offsets, [(5, 13)]) == gold_pieces(offsets, []) == (0, 0)


def test_the_best_start_and_end_lie_in_the_text_and_in_order():
    import torch

    from benchmarks.plain_answers import n_best

    offsets = [None, None, None, (0, 4), (4, 8)]
    found = list(n_best(torch.tensor([9.0, 8, 7, 1, 2]), torch.tensor([9.0, 8, 7, 4, 3]), offsets))
    assert sorted(found, reverse=True) == [(5, (4, 8)), (5, (0, 4)), (4, (0, 8))]


@pytest.mark.slow
def test_both_train_once_and_are_scored_by_our_scorer(pairs, tiny_encoder, tmp_path, capsys):
    from benchmarks.answers import PLAIN, main

    for name, docs in {"train": 6 * pairs, "dev": pairs}.items():
        DocBin(attrs=["ORTH"], docs=docs).to_disk(tmp_path / f"{name}.spacy")
    arguments = (tmp_path, tiny_encoder("bert"), tmp_path / "out")
    options = {"seeds": "0", "epochs": 10, "batch_size": 2, "learn_rate": 3e-3}
    main(*arguments, **options, n_asked=3)
    text = capsys.readouterr().out
    for name in ("ours", PLAIN, "transformers' pipeline"):
        assert f"| {name}" in text
    assert all(f"| {name} | 1.000 |" in text for name in ("ours", PLAIN))
    written = (tmp_path / "out" / "ours" / "seed0" / "training.json").stat().st_mtime_ns
    main(*arguments, **options, n_asked=0)
    again = capsys.readouterr().out
    assert all(f"| {name} | 1.000 |" in again for name in ("ours", PLAIN))
    assert (tmp_path / "out" / "ours" / "seed0" / "training.json").stat().st_mtime_ns == written
