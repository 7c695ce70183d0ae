"""What the gold annotation teaches: nothing where it is missing or off the token borders."""

from pathlib import Path

import numpy as np
import pytest
from small_corpus import CNN, SENTENCES, annotated, make_examples, own_pipeline, shared_pipeline
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam

from spacy_bertfam.pipeline.gold import read_gold

WORDS = ["Jean-Paul", "vit", "à", "Rouen", "."]


@pytest.fixture
def nlp() -> Language:
    """A small network of spaCy's own, initialized; the gold is read the same way over any encoder."""
    nlp = own_pipeline(CNN)
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


def as_doc(nlp: Language, words: list[str], ents: list[str] | None = None, glued: str = "") -> Doc:
    """`glued` has a 1 for each word that no space follows."""
    spaces = [mark != "1" for mark in glued.ljust(len(words), "0")]
    return Doc(nlp.vocab, words=words, spaces=spaces, ents=ents)


def gradients(nlp: Language, examples: list[Example]) -> tuple[float, list[np.ndarray]]:
    ner = nlp.get_pipe("ner")
    scores, _ = ner.model.begin_update([eg.predicted for eg in examples])
    return ner.get_loss(examples, scores)


def taught(nlp: Language, examples: list[Example]) -> list[list[bool]]:
    """For each token whether it has a gradient."""
    return [[bool(np.abs(row).max() > 0) for row in d_scores] for d_scores in gradients(nlp, examples)[1]]


def test_tokens_marked_as_missing_have_no_gradient(nlp: Language) -> None:
    reference = annotated(nlp, SENTENCES[0])
    reference.set_ents(list(reference.ents), missing=[reference[2:4]], default="outside")
    eg = Example(nlp.make_doc(reference.text), reference)
    assert taught(nlp, [eg]) == [[True, True, False, False, True, True]]


def test_missing_tokens_do_not_thin_the_gradient_of_the_others(nlp: Language) -> None:
    known = annotated(nlp, SENTENCES[0])
    unknown = nlp.make_doc(SENTENCES[1][0])
    alone = gradients(nlp, [Example(known.copy(), known)])
    beside = gradients(nlp, [Example(known.copy(), known), Example(unknown.copy(), unknown)])
    assert beside[0] == pytest.approx(alone[0], rel=1e-5)
    np.testing.assert_allclose(beside[1][0], alone[1][0], atol=1e-6)


def test_a_doc_without_annotation_teaches_nothing(nlp: Language) -> None:
    doc = nlp.make_doc(SENTENCES[0][0])
    assert taught(nlp, [Example(doc, doc.copy())]) == [[False] * len(doc)]
    before = nlp.get_pipe("ner").model.to_bytes()
    losses = nlp.update([Example(doc, doc.copy())], sgd=Adam(0.01, L2=0.0))
    assert losses["ner"] == 0.0
    assert nlp.get_pipe("ner").model.to_bytes() == before


def test_a_doc_annotated_as_without_entities_teaches_o_everywhere(nlp: Language) -> None:
    reference = nlp.make_doc(SENTENCES[3][0])
    reference.set_ents([], default="outside")
    assert taught(nlp, [Example(reference.copy(), reference)]) == [[True] * len(reference)]


def test_a_label_that_is_taught_gets_a_negative_gradient_on_its_tag(nlp: Language) -> None:
    ner = nlp.get_pipe("ner")
    [d_scores] = gradients(nlp, make_examples(nlp, SENTENCES[:1]))[1]
    tags = [ner.tag_set.tags[int(row.argmin())] for row in d_scores]
    assert tags == ["B-PER", "E-PER", "O", "O", "S-LOC", "O"]


def test_gold_on_another_tokenization_is_aligned(nlp: Language) -> None:
    words = ["Jean", "-", "Paul", "vit", "à", "Rou", "en", "."]
    reference = as_doc(nlp, words, ["B-PER", "I-PER", "I-PER", "O", "O", "B-LOC", "I-LOC", "O"], "11000100")
    eg = Example(as_doc(nlp, WORDS), reference)
    assert eg.reference.text == eg.predicted.text
    ner = nlp.get_pipe("ner")
    [d_scores] = gradients(nlp, [eg])[1]
    assert [ner.tag_set.tags[int(row.argmin())] for row in d_scores] == ["S-PER", "O", "O", "S-LOC", "O"]
    assert not read_gold([eg]).misaligned


def misaligned(nlp: Language) -> Example:
    """PER covers half of a predicted token, LOC a whole one."""
    words = ["Jean", "-", "Paul", "vit", "à", "Rouen", "."]
    reference = as_doc(nlp, words, ["B-PER", "O", "O", "O", "O", "B-LOC", "O"], "1100000")
    return Example(as_doc(nlp, WORDS), reference)


def test_tokens_of_a_misaligned_entity_are_not_taught_as_o(nlp: Language) -> None:
    assert taught(nlp, [misaligned(nlp)]) == [[False, True, True, True, True]]


def test_misaligned_gold_is_counted_by_label_with_an_example(nlp: Language) -> None:
    report = read_gold([misaligned(nlp), misaligned(nlp), *make_examples(nlp, SENTENCES[:1])])
    assert dict(report.misaligned) == {"PER": 2}
    assert report.labels == {"PER": 3, "LOC": 3}
    assert report.shown == ["PER 'Jean'", "PER 'Jean'"]


def test_one_of_two_equal_entities_that_is_misaligned_is_counted(nlp: Language) -> None:
    reference = as_doc(nlp, ["Paul", "et", "Paul", "-", "né"], ["B-PER", "O", "B-PER", "O", "O"], "00110")
    eg = Example(as_doc(nlp, ["Paul", "et", "Paul-né"]), reference)
    assert dict(read_gold([eg]).misaligned) == {"PER": 1}


def test_misaligned_gold_is_reported_once_at_initialize(
    nlp: Language, caplog: pytest.LogCaptureFixture
) -> None:
    examples = [misaligned(nlp), *make_examples(nlp)]
    caplog.clear()
    nlp.initialize(lambda: examples)
    nlp.update(examples)
    nlp.update(examples)
    reports = [r.getMessage() for r in caplog.records if "miss the borders" in r.getMessage()]
    assert len(reports) == 1
    assert reports[0].startswith("[ner] 1 of 11 gold entities miss the borders")
    assert "(PER 1)" in reports[0]
    assert "PER 'Jean'" in reports[0]


def test_aligned_gold_is_not_reported(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    nlp = shared_pipeline(folder)
    nlp.initialize(lambda: make_examples(nlp))
    assert not [r for r in caplog.records if "miss the borders" in r.getMessage()]


def test_a_corpus_with_misaligned_entities_only_still_gives_its_labels(nlp: Language) -> None:
    fresh = own_pipeline(CNN)
    fresh.initialize(lambda: [misaligned(fresh)])
    assert fresh.get_pipe("ner").labels == ("LOC", "PER")


def test_examples_without_annotation_are_counted(nlp: Language) -> None:
    bare, outside = nlp.make_doc("Il pleut ."), nlp.make_doc("Il pleut .")
    outside.set_ents([], default="outside")
    report = read_gold([Example(bare.copy(), bare), Example(outside.copy(), outside)])
    assert (report.n_examples, report.n_unannotated, report.labels) == (2, 1, {})
