"""Spoiled gold: as many mistakes as asked for, each where it is said to be, nothing else changed."""

from collections import Counter

import pytest
import spacy
from small_corpus import SENTENCES, annotated

from benchmarks.spoiling import spoil


def seen(doc):
    return {(ent.start, ent.end, ent.label_) for ent in doc.ents}


@pytest.mark.parametrize("seed", range(5))
def test_mistakes_are_where_they_are_said_to_be(seed):
    nlp = spacy.blank("fr")
    docs = [annotated(nlp, sentence) for sentence in SENTENCES * 8]
    before = [seen(doc) for doc in docs]
    mistakes = spoil(docs, 0.3, seed=seed)
    assert len(mistakes) == round(0.3 * sum(map(len, before)))
    assert max(Counter(one.kind for one in mistakes).values()) <= len(mistakes) // 4 + 1
    changed = [i for i, doc in enumerate(docs) if seen(doc) != before[i]]
    assert changed == sorted(one.text for one in mistakes)
    for one in mistakes:
        gone, new = before[one.text] - seen(docs[one.text]), seen(docs[one.text]) - before[one.text]
        places = [(start, end) for start, end, _ in gone | new]
        assert (one.start, one.end) == (min(p[0] for p in places), max(p[1] for p in places))
        counts = {"relabeled": (1, 1), "moved": (1, 1), "removed": (1, 0), "added": (0, 1)}
        assert (len(gone), len(new)) == counts[one.kind]


def test_the_seed_decides():
    nlp = spacy.blank("fr")
    first, second, other = (
        spoil([annotated(nlp, sentence) for sentence in SENTENCES * 8], 0.3, seed=seed) for seed in (1, 1, 2)
    )
    assert first == second != other
