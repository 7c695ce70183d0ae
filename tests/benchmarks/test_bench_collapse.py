"""The benchmark of a rate that is too high: its table, its comparison, and that both sides train."""

from pathlib import Path

import pytest


def row(system: str, seed: int, f1: float) -> dict:
    return {"system": system, "seed": seed, "F1": f1}


def test_mean_range_and_collapses_of_each_system():
    from benchmarks.collapse import summarise

    rows = [row("plain", 0, 0.1), row("ours", 0, 0.8), row("plain", 1, 0.7), row("ours", 1, 0.6)]
    plain, ours = summarise(rows)
    assert plain == {
        "system": "plain", "F1": pytest.approx(0.4), "lowest": 0.1, "highest": 0.7, "collapsed": "1 of 2"
    }  # fmt: skip
    assert ours["collapsed"] == "0 of 2"


def test_each_system_is_trained_with_each_seed(gold_docs):
    from benchmarks.collapse import compare

    seeds = []

    def perfect(seed):
        seeds.append(seed)
        return lambda docs: [doc.copy() for doc in docs]

    def blind(seed):
        return lambda docs: [type(doc)(doc.vocab, words=[t.text for t in doc]) for doc in docs]

    rows = compare({"perfect": perfect, "blind": blind}, [3, 4], gold_docs)
    assert seeds == [3, 4]
    assert [row["F1"] for row in rows] == [1.0, 0.0, 1.0, 0.0]


def test_the_advised_rate_comes_from_the_encoders_size(tiny_encoder):
    from benchmarks.collapse import advised_rate
    from spacy_bertfam.checks.rates import good_rate

    assert advised_rate(tiny_encoder("bert")) == good_rate(32, 2)


@pytest.mark.parametrize("system", ["plain", "ours"])
def test_both_sides_train_on_a_tiny_encoder(system, gold_docs, tiny_encoder):
    from benchmarks import collapse
    from benchmarks.plain_loop import Recipe

    folder: Path = tiny_encoder("bert")
    predict = getattr(collapse, system)(gold_docs, folder, Recipe(epochs=1, batch_size=2), "fr")
    found = predict(gold_docs)
    assert [len(doc) for doc in found] == [len(doc) for doc in gold_docs]
