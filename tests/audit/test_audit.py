"""An audit of texts whose recognizer is given: what it is sure of is known."""

import json

import numpy as np
import pytest
import spacy
from all_paths import legal_paths, path_logs, shares_of
from spacy.tokens import Doc, Span
from tagging import encode

from spacy_bertfam.audit.audit import audit
from spacy_bertfam.audit.folds import Unseen
from spacy_bertfam.audit.page import render_audit
from spacy_bertfam.decoding.tags import TagSet

VOCAB = spacy.blank("fr").vocab
TAGS = TagSet("BIOES", ("PER", "LOC"))


def doc_of(words, *ents):
    doc = Doc(VOCAB, words=words.split(" "))
    doc.set_ents([Span(doc, *ent) for ent in ents])
    return doc


def read_as(docs, *readings, sure=4.0, noise=0.0, tags=TAGS):
    """RETURNS (Unseen): of a recognizer that finds these entities."""
    rows = [
        np.eye(len(tags))[encode(tags, spans, len(doc))] for doc, spans in zip(docs, readings, strict=True)
    ]
    rows = np.concatenate(rows) * sure
    rows += np.random.default_rng(0).normal(size=rows.shape) * noise
    return Unseen(np.arange(len(docs)), rows.astype("float32"), tags, None, 1.0)


DOCS = [
    doc_of("Anne vit à Vix .", (0, 1, "PER"), (3, 4, "PER")),
    doc_of("le maire Jean Roy rit", (2, 3, "PER")),
    doc_of("il pleut"),
]
READINGS = [[(0, 1, "PER"), (3, 4, "LOC")], [(2, 4, "PER")], [(0, 1, "LOC")]]


def test_each_mistake_is_found_with_its_reason():
    found = audit(DOCS, [read_as(DOCS, *READINGS)])
    reasons = {one.text: one.kind for one in found.findings}
    assert reasons == {0: "label", 1: "border", 2: "missed"} and len(found.findings) == 3
    assert found.counts.keys() == {"missed", "label", "border"}
    assert (found.n_entities, found.n_unscored) == (3, 0)


def test_probabilities_are_those_of_all_paths():
    part = read_as(DOCS, *READINGS, sure=1.0, noise=1.0)
    found = audit(DOCS, [part])
    rows = np.split(part.rows.astype(float), np.cumsum([len(doc) for doc in DOCS])[:-1])
    zero = np.zeros((len(TAGS), len(TAGS))), np.zeros(len(TAGS)), np.zeros(len(TAGS))
    for one in found.findings:
        paths, spans = legal_paths(TAGS, len(DOCS[one.text]))
        shares = shares_of(path_logs(rows[one.text], zero, paths))
        for side, p in ((one.gold, one.p_gold), (one.suggested, one.p_suggested)):
            wanted = [span[:3] for span in side]
            held = [
                [span for span in each if span[0] < one.end and one.start < span[1]] == wanted
                for each in spans
            ]
            assert p == pytest.approx(shares[held].sum(), abs=1e-6)
            for span in side:
                holds = [span[:3] in each for each in spans]
                assert span.score == pytest.approx(shares[holds].sum(), abs=1e-6)


def test_a_label_that_the_recognizer_lacks_and_missing_annotation_are_not_scored():
    docs = [doc_of("Anne vit", (0, 1, "ORG")), doc_of("Anne vit"), doc_of("Anne vit", (0, 1, "PER"))]
    docs[1].set_ents([], missing=[docs[1][0:1]])
    readings = [[(0, 1, "PER")]] * 3
    found = audit(docs, [read_as(docs, *readings)])
    assert (found.findings, found.n_entities, found.n_unscored) == ([], 2, 1)


def test_white_space_is_no_part_of_an_entity():
    docs = [Doc(VOCAB, words=["\n", "Anne", "\n", "Roy", "vit"])]
    docs[0].set_ents([Span(docs[0], 1, 4, "PER")])
    part = read_as(docs, [(1, 2, "PER")])
    (one,) = audit(docs, [part]).findings
    assert (one.kind, [span[:3] for span in one.gold]) == ("border", [(1, 4, "PER")])
    assert one.p_suggested > 0.5 > one.p_gold > 0


def test_the_file_has_places_in_characters():
    found = audit(DOCS, [read_as(DOCS, *READINGS)]).as_json()
    json.dumps(found)
    (border,) = (one for one in found["findings"] if one["reason"] == "border")
    gold, suggested = border["gold"][0], border["suggested"][0]
    assert (gold["text"], suggested["text"]) == ("Jean", "Jean Roy")
    assert DOCS[1].text[suggested["start"] : suggested["end"]] == "Jean Roy"
    assert border["probability"]["suggested"] > border["probability"]["gold"]


def test_each_text_to_correct_is_written_once_as_it_is_annotated():
    docs = [doc_of("Anne et Roy", (0, 1, "LOC"), (2, 3, "LOC")), *DOCS]
    found = audit(docs, [read_as(docs, [(0, 1, "PER"), (2, 3, "PER")], *READINGS)])
    entries = list(found.entries(100))
    assert sorted(entry["id"] for entry in entries) == [0, 1, 2, 3]
    (first,) = (entry for entry in entries if entry["id"] == 0)
    assert [(e["start"], e["end"], e["label"]) for e in first["entities"]] == [(0, 4, "LOC"), (8, 11, "LOC")]
    assert len(list(found.entries(1))) == 1


HOSTILE = "</script><script>alert(1)</script>"


def test_the_page_shows_both_sides_and_escapes_the_text():
    docs = [doc_of(f"{HOSTILE} vit", (0, 1, "PER")), *DOCS]
    found = audit(docs, [read_as(docs, [(0, 1, "LOC")], *READINGS)])
    page = render_audit(found, n_shown=100)
    assert "<script" not in page and page.count("<article") == 4 and 'lang="fr"' in page
    assert page.count("<section>") == 8 and "Mauvaises bornes" in page
    assert page.count('type="radio"') == 1 + len(found.counts)
    short = render_audit(found, n_shown=1)
    assert short.count("<article") == 1 and "audit.json" in short and "audit.json" not in page
