"""The yardstick itself: schedule, labels on first pieces, tags read as entities, a few steps."""

from itertools import islice
from pathlib import Path

import pytest
import torch


@pytest.mark.parametrize(("step", "expected"), [(0, 0.0), (5, 0.5), (10, 1.0), (55, 0.5), (100, 0.0)])
def test_rate_warms_up_and_decays(step, expected):
    from benchmarks.plain_loop import Recipe

    assert Recipe(learn_rate=1.0, warmup=0.1).rate(step, 100) == pytest.approx(expected)


def test_schedule_is_that_of_spacy_train():
    from thinc.api import warmup_linear

    from benchmarks.plain_loop import Recipe

    recipe = Recipe(learn_rate=1e-4)
    expected = [float(rate) for rate in islice(warmup_linear(1e-4, 19, 197), 197)]
    assert [recipe.rate(step, 197) for step in range(197)] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["B-PER", "I-PER", "O", "B-LOC", "O"], [(0, 2, "PER"), (3, 4, "LOC")]),
        (["O", "I-PER", "I-PER", "O", "O"], [(1, 3, "PER")]),
        (["B-PER", "B-PER", "I-LOC", "O", "O"], [(0, 1, "PER"), (1, 2, "PER"), (2, 3, "LOC")]),
    ],
)
def test_entities_are_read_leniently(gold_docs, tags, expected):
    from benchmarks.plain_loop import with_entities

    doc = with_entities(gold_docs[0], tags)
    assert [(e.start, e.end, e.label_) for e in doc.ents] == expected


@pytest.fixture
def tagger(tiny_encoder):
    from benchmarks.plain_loop import PlainTagger

    return PlainTagger.from_encoder(tiny_encoder("bert"), ["LOC", "PER"])


def test_only_first_pieces_and_annotated_words_are_learned(tagger, gold_docs):
    doc = gold_docs[0]
    doc.set_ents([doc.ents[0]], missing=[doc[3:4]], default="outside")
    batch, columns = tagger.encode([doc])
    gold = tagger._gold([doc], columns, batch["input_ids"].shape[1])[0]
    assert [tagger.tags[i] for i in gold[gold >= 0].tolist()] == ["B-PER", "O", "O", "O"]
    assert gold[columns[0][3]] == -100


def test_two_steps_move_the_network_and_take_time(tagger, gold_docs):
    from benchmarks.plain_loop import Recipe, train

    before = tagger.network.classifier.weight.detach().clone()
    recipe = Recipe(epochs=1, batch_size=2, learn_rate=1e-3)
    assert train(tagger, gold_docs, recipe) == sum(map(len, gold_docs))
    assert not torch.equal(before, tagger.network.classifier.weight)
    assert tagger.seconds > 0


def test_the_head_alone_learns_ten_times_as_fast_where_it_is_told_to(tagger):
    from benchmarks.plain_loop import Recipe, make_optimizer

    rates = {
        weight: group["factor"]
        for group in make_optimizer(tagger, Recipe(), 10.0).param_groups
        for weight in group["params"]
    }
    by_name = {name: rates[weight] for name, weight in tagger.network.named_parameters()}
    head = {name for name, factor in by_name.items() if factor == 10.0}
    assert head == {"classifier.weight", "classifier.bias"}
    assert set(by_name.values()) == {1.0, 10.0}


def test_prediction_keeps_the_order_and_survives_saving(tagger, gold_docs, tmp_path: Path):
    from benchmarks.plain_loop import PlainTagger

    found = tagger.predict(gold_docs, batch_size=3)
    assert [doc.text for doc in found] == [doc.text for doc in gold_docs]
    tagger.save(tmp_path)
    again = PlainTagger.from_folder(tmp_path).predict(gold_docs)
    assert [[(e.text, e.label_) for e in doc.ents] for doc in found] == [
        [(e.text, e.label_) for e in doc.ents] for doc in again
    ]
