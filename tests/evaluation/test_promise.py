"""Thresholds that promise something: they do it on other texts, and are refused where the texts are too few."""

from math import inf

import numpy as np
import pytest
from sampled import draw_examples, random_pipeline, scale
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import fix_random_seed

from spacy_bertfam.errors import UserError
from spacy_bertfam.evaluation.evidence import Cut, Evidence, Trials, read_evidence
from spacy_bertfam.evaluation.promise import NTH, NoPromise, find_cut, order_cuts, promise
from spacy_bertfam.evaluation.promise_table import format_promise
from spacy_bertfam.evaluation.recording import record
from spacy_bertfam.evaluation.risk import Claim

CHANCE = 0.03  # of the texts that a promise is looked at in: they are few


@pytest.fixture(scope="module")
def drawn():
    fix_random_seed(0)
    nlp = random_pipeline()
    examples = draw_examples(nlp, n_texts=450)
    scale(nlp, 3.0)
    return nlp.to_bytes(), [(eg.predicted, eg.reference) for eg in examples]


@pytest.fixture
def overconfident(drawn):
    nlp = random_pipeline().from_bytes(drawn[0])
    examples = [Example(predicted.copy(), reference.copy()) for predicted, reference in drawn[1]]
    return nlp, examples[:270], examples[270:]


def shares(nlp, examples):
    """RETURNS (tuple): precision, recall, and recall with candidates."""
    docs = list(nlp.pipe(eg.predicted.copy() for eg in examples))
    found, likely, gold = set(), set(), set()
    for i, (doc, eg) in enumerate(zip(docs, examples, strict=True)):
        found |= {(i, ent.start, ent.end, ent.label_) for ent in doc.ents}
        likely |= {(i, span.start, span.end, span.label_) for span in doc.spans.get("candidates", ())}
        gold |= {(i, ent.start, ent.end, ent.label_) for ent in eg.reference.ents}
    right = len(found & gold)
    return right / len(found), right / len(gold), len((found | likely) & gold) / len(gold)


def test_a_promised_precision_is_kept_on_other_texts_and_not_by_much(overconfident):
    nlp, examples, others = overconfident
    before = shares(nlp, others)[0]
    found = promise(nlp, examples, "precision", 0.88)
    ner = nlp.get_pipe("ner")
    assert before < 0.85
    assert 0.88 - CHANCE <= shares(nlp, others)[0] < 0.94
    assert 0 < ner.min_score < 1 and ner.temperature == pytest.approx(3.0, rel=0.2)
    assert ner.min_candidate_score is None
    assert found.settings == {"temperature": ner.temperature, "min_score": ner.min_score}
    assert nlp.get_pipe_config("ner")["min_score"] == ner.min_score
    (kept,) = found.kept
    assert kept.test.precision(kept.cut).share_right > 0.88 > kept.test.precision(Cut(0.0)).share_right


def test_a_recall_within_reach_needs_no_candidates(overconfident):
    nlp, examples, others = overconfident
    reach = shares(nlp, others)[1]
    promise(nlp, examples, "recall", 0.6)
    ner = nlp.get_pipe("ner")
    assert reach > 0.65
    assert ner.min_score > 0 and ner.min_candidate_score is None
    assert 0.6 - CHANCE <= shares(nlp, others)[1] < 0.66


def test_a_recall_beyond_the_best_path_is_kept_with_candidates(overconfident):
    nlp, examples, others = overconfident
    found = promise(nlp, examples, "recall", 0.9)
    _, alone, with_candidates = shares(nlp, others)
    assert alone < 0.85
    assert 0.9 - CHANCE <= with_candidates < 0.95
    assert nlp.get_pipe("ner").min_score == 0 < nlp.get_pipe("ner").min_candidate_score < 0.5
    assert "recall is that of entities and candidates" in format_promise(found)


def test_by_label_each_has_a_threshold_and_others_keep_theirs(overconfident):
    nlp, examples, others = overconfident
    ner = nlp.get_pipe("ner")
    ner.min_score = 0.25
    one, *rest = ner.labels
    found = promise(nlp, examples, "precision", 0.75, labels=[one])
    assert ner.min_score.keys() == set(ner.labels)
    assert all(ner.min_score[label] == 0.25 for label in rest) and [kept.label for kept in found.kept] == [
        one
    ]
    found = promise(nlp, examples, "recall", 0.75, labels=[])
    assert [kept.label for kept in found.kept] == list(ner.labels)
    for label in ner.labels:
        gold = {
            (i, e.start, e.end) for i, eg in enumerate(others) for e in eg.reference.ents if e.label_ == label
        }
        docs = list(nlp.pipe(eg.predicted.copy() for eg in others))
        likely = [[*doc.ents, *doc.spans.get("candidates", ())] for doc in docs]
        spans = {(i, e.start, e.end) for i, own in enumerate(likely) for e in own if e.label_ == label}
        assert len(spans & gold) / len(gold) >= 0.75 - CHANCE


def test_too_few_texts_promise_nothing_and_change_nothing(overconfident):
    nlp, examples, _ = overconfident
    ner = nlp.get_pipe("ner")
    with pytest.raises(NoPromise, match=r"in 2\d texts\). Expected at least 68 entities in 75 texts"):
        promise(nlp, examples[:40], "precision", 0.95)
    assert (ner.min_score, ner.temperature) == (0.0, 1.0)
    assert nlp.get_pipe_config("ner")["temperature"] == 1.0


def test_the_fewest_texts_that_are_named_are_enough_where_all_is_right():
    rng, n = np.random.default_rng(0), 75
    texts = np.arange(n)
    right = np.ones(n, dtype=int)
    rows = np.stack([texts, texts * 0, right, texts * 0, texts * 0], axis=1)
    scores = np.append(0.5, rng.uniform(0.5, 1.0, n - 1))  # the least is one of those that order thresholds
    evidence, fits = Evidence(rows, scores, right[:, None]), texts % NTH == 0
    for goal in ("precision", "recall"):
        assert find_cut(evidence.part(fits), evidence.part(~fits), goal, Claim(0.05, 0.1)) is not None
    few = texts < n - 1
    assert find_cut(evidence.part(fits), evidence.part(~fits & few), "precision", Claim(0.05, 0.1)) is None


def test_a_promise_for_one_label_keeps_the_candidates_of_others_and_says_whose_scores_change(overconfident):
    nlp, examples, _ = overconfident
    ner = nlp.get_pipe("ner")
    one, *rest = ner.labels
    ner.min_score, ner.min_candidate_score = {rest[0]: 0.25}, {one: 0.3, rest[1]: 0.02}
    made = promise(nlp, examples, "recall", 0.5, labels=[one])
    assert made.kept[0].cut.candidates == inf
    assert ner.min_candidate_score == {rest[1]: 0.02} and ner.min_score[rest[0]] == 0.25
    assert made.outdated == sorted(rest)
    assert promise(nlp, examples, "recall", 0.5, labels=[one]).outdated == []  # the temperature is the same


def test_what_no_threshold_reaches_is_told(overconfident):
    nlp, examples, _ = overconfident
    for eg in examples[::2]:
        eg.reference.set_ents([], default="outside")
    with pytest.raises(
        NoPromise, match=r"of what is surest 0\.[3-7]\d+ is right \(\d+ entities in \d+ texts\)"
    ):
        promise(nlp, examples, "precision", 0.8)


def test_an_unknown_label_is_named(overconfident):
    with pytest.raises(UserError, match="No label X; 'ner' has LOC, ORG, PER"):
        promise(*overconfident[:2], "recall", 0.5, labels=["X"])


def some_evidence(rng, n_texts=400, share=0.85):
    """Texts with up to eight entities of which some are better than others, found with scores that say how likely they
    are right; some are right beyond the best path."""
    texts = np.repeat(np.arange(n_texts), rng.integers(0, 9, size=n_texts))
    quality = rng.beta(8, 2, size=n_texts)[texts]
    scores = np.clip(rng.beta(6, 1.5, size=len(texts)) * quality**0.5, 0.001, 0.999)
    right = rng.random(len(texts)) < scores * share / 0.75
    beyond = scores < 0.3
    n_gold = np.bincount(texts[right], minlength=n_texts) + rng.binomial(1, 0.02, size=n_texts)
    gold = np.where(right, np.arange(len(texts)), -1)
    return Evidence(np.stack([texts, texts * 0, right, gold, beyond], axis=1), scores, n_gold[:, None])


@pytest.mark.parametrize(("goal", "share"), [("precision", 0.93), ("recall", 0.9)])
def test_the_promise_holds_as_often_as_it_says(goal, share):
    rng, claim = np.random.default_rng(1), Claim(1 - share, 0.1)
    source, n_kept, n_made = some_evidence(rng, 60_000), 0, 0
    for _ in range(60):
        own = some_evidence(rng)
        fits = np.arange(400) % 3 == 0
        cut = find_cut(own.part(fits), own.part(~fits), goal, claim)
        n_made += cut is not None
        n_kept += cut is not None and getattr(source, goal)(cut).share_right >= share
    assert n_made > 50
    assert n_made * 0.8 < n_kept < n_made


def test_recall_walks_from_most_to_least():
    cuts = order_cuts(some_evidence(np.random.default_rng(0)), "recall", Claim(0.1, 0.1))
    found = [some_evidence(np.random.default_rng(2)).recall(cut).share_right for cut in cuts]
    assert found == sorted(found, reverse=True) and cuts[0] == Cut(0.0, 0.001) and cuts[-1].candidates == inf
    assert Cut(0.0) in cuts


def test_evidence_counts_what_a_threshold_leaves():
    rows = [(0, 0, 1, 1, 0), (0, 1, 0, -1, 0), (0, 0, 1, 0, 1), (0, 0, 1, 0, 1), (1, 1, 1, 0, 0)]
    evidence = Evidence(np.array(rows), np.array([0.9, 0.4, 0.2, 0.3, inf]), np.array([[2, 1], [0, 1]]))
    for cut, n, wrong, missed in [
        (Cut(0.0), [2, 1], [1, 0], [2, 0]),
        (Cut(0.5), [1, 1], [0, 0], [2, 0]),
        (Cut(1.0), [0, 1], [0, 0], [3, 0]),
    ]:
        assert [column.tolist() for column in evidence.precision(cut)] == [n, wrong]
        assert [column.tolist() for column in evidence.recall(cut)] == [[3, 1], missed]
    assert evidence.recall(Cut(0.0, 0.2)).wrong.tolist() == [1, 0]  # the other is in the same entity
    part = evidence.part(np.array([True, False]), 0)
    assert part.n_gold.tolist() == [[2], [0]] and part.scores.tolist() == [0.9, 0.2, 0.3]


def test_spans_of_other_tokens_in_one_entity_find_it_once():
    nlp = random_pipeline()
    scale(nlp, 0.1)  # nothing is certain
    ner, words = nlp.get_pipe("ner"), ["rano", "ra", "miber"]
    gold = Doc(nlp.vocab, words=["rano", "ramiber"], spaces=[True, False])
    gold.ents = [Span(gold, 1, 2, label="LOC")]
    eg = Example(Doc(nlp.vocab, words=words, spaces=[True, False, False]), gold)
    evidence = read_evidence(ner, record(nlp, ner, [eg]).readings, 1.0, candidates=True)
    assert evidence.rows[:, 2].sum() == 3
    assert evidence.recall(Cut(0.0, 0.0)) == Trials(np.array([1]), np.array([0]))
    n, wrong = evidence.precision(Cut(0.0, 0.0))
    assert n - wrong == [1]


def test_entities_that_stood_there_in_one_gold_entity_are_right_once():
    nlp = random_pipeline()
    ner = nlp.get_pipe("ner")
    gold = Doc(nlp.vocab, words=["New-York"])
    gold.ents = [Span(gold, 0, 1, label="LOC")]
    doc = Doc(nlp.vocab, words=["New", "-", "York"], spaces=[False] * 3)
    ruler = nlp.add_pipe("entity_ruler", before="ner")
    ruler.add_patterns([{"label": "LOC", "pattern": word} for word in ("New", "York")])
    examples = [Example(doc, gold)]
    evidence = read_evidence(ner, record(nlp, ner, examples).readings, 1.0, candidates=True)
    set_by_rules = evidence.kept(Cut(inf))
    assert set_by_rules.precision(Cut(inf)).share_right == 0.5
    assert set_by_rules.recall(Cut(inf)) == Trials(np.array([1]), np.array([0]))
