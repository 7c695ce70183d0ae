"""Folds: who reads what, what is kept, and what is refused."""

import numpy as np
import pytest
import spacy
from small_corpus import SENTENCES, annotated

from spacy_bertfam.audit import folds
from spacy_bertfam.audit.folds import Unseen, cross_validate, fold_config, fold_of, read_unseen
from spacy_bertfam.decoding.tags import TagSet
from spacy_bertfam.errors import UserError
from spacy_bertfam.training.stopping import Stop
from spacy_bertfam.types import Transitions

TAGS = TagSet("IOB2", ("PER", "LOC"))


@pytest.fixture
def docs():
    nlp = spacy.blank("fr")
    return [annotated(nlp, sentence) for sentence in SENTENCES]


@pytest.fixture
def trained(monkeypatch):
    """The texts that each recognizer was trained on; none is really trained."""
    found = []

    def train(docs, *args):
        found.append([doc.text for doc in docs])
        return found[-1]

    def read(nlp, docs, texts, **options):
        assert not {docs[i].text for i in texts} & set(nlp)
        return Unseen(texts, np.zeros((sum(len(docs[i]) for i in texts), 5), "float32"), TAGS, None, 1.0)

    monkeypatch.setattr(folds, "_train", train)
    monkeypatch.setattr(folds, "read_unseen_by", read)
    return found


def config(**options):
    return fold_config("encoder", "fr", 1000, **{"steps": 5, "overrides": {}, **options})


def run(docs, folder, **options):
    return list(cross_validate(docs, config(**options), folder, n_folds=3, stop=Stop()))


@pytest.mark.parametrize(("n", "k"), [(6, 3), (7, 5), (1000, 4), (1003, 5)])
def test_folds_are_alike_in_size_and_neighbors_stay_together(n, k):
    found = fold_of(n, k)
    sizes = np.bincount(found, minlength=k)
    assert sizes.min() > 0 and sizes.max() - sizes.min() <= max(1, n // (k * 10))
    assert (np.diff(found) != 0).sum() <= max(n - 1, 0) // max(1, n // (k * 10))


def test_nobody_reads_what_it_has_learned_and_every_text_is_read_once(docs, trained, tmp_path):
    parts = run(docs, tmp_path)
    assert sorted(i for part in parts for i in part.texts) == list(range(len(docs)))
    assert len(trained) == 3


def test_a_fold_that_is_done_is_not_trained_again(docs, trained, tmp_path):
    before = run(docs, tmp_path)
    (tmp_path / "fold-2-of-3.npz").unlink()
    after = run(docs, tmp_path)
    assert len(trained) == 4
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one.texts, other.texts) and one.tag_set == other.tag_set


@pytest.mark.parametrize("change", ["steps", "gold", "missing"])
def test_folds_of_other_settings_or_data_are_refused(change, docs, trained, tmp_path):
    run(docs, tmp_path)
    if change == "gold":
        docs[0].set_ents([])
    if change == "missing":
        docs[0].set_ents(docs[0].ents, missing=[docs[0][-1:]], default="unmodified")
    with pytest.raises(UserError, match="of other data or of other settings"):
        run(docs, tmp_path, steps=6 if change == "steps" else 5)


def test_a_stop_leaves_the_folds_that_are_done(docs, trained, tmp_path, monkeypatch):
    run_once = cross_validate(docs, config(), tmp_path, n_folds=3, stop=Stop())
    next(run_once)
    monkeypatch.setattr(folds, "_train", lambda *args: None)
    assert list(run_once) == []
    assert [path.name for path in tmp_path.iterdir()] == ["fold-1-of-3.npz"]


@pytest.mark.parametrize("learned", [None, Transitions(np.ones((5, 5)), np.zeros(5), np.ones(5))])
def test_a_fold_comes_back_as_it_was_written(learned, tmp_path):
    rows = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    part = Unseen(np.array([3, 7]), rows, TAGS, learned, 1.5)
    (tmp_path / "a.npz").write_bytes(part.to_bytes("digest"))
    found = read_unseen(tmp_path / "a.npz", "digest")
    assert np.array_equal(found.rows, rows) and found.texts.tolist() == [3, 7]
    assert (found.tag_set, found.temperature) == (TAGS, 1.5)
    assert (found.learned is None) == (learned is None)
    assert learned is None or all(map(np.array_equal, found.learned, learned))


def test_steps_follow_the_data_where_none_are_given():
    assert config(steps=None)["training"]["max_steps"] == 200
    many = fold_config("encoder", "fr", 600_000, steps=None, overrides={"training.batcher.size": 1200})
    assert many["training"]["max_steps"] == many["training"]["optimizer"]["learn_rate"]["total_steps"] == 1500


def test_a_setting_that_nothing_reads_is_refused():
    with pytest.raises(UserError, match="dropuot"):
        config(overrides={"training.dropuot": 0.2})


def test_folds_of_an_encoder_that_was_trained_on_are_refused(docs, trained, tmp_path):
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    (encoder / "model.safetensors").write_bytes(b"one")
    known = fold_config(str(encoder), "fr", 1000, steps=5, overrides={})
    list(cross_validate(docs, known, tmp_path, n_folds=3, stop=Stop()))
    (encoder / "model.safetensors").write_bytes(b"other")
    with pytest.raises(UserError, match="of other data or of other settings"):
        list(cross_validate(docs, known, tmp_path, n_folds=3, stop=Stop()))


def test_steps_have_an_option_of_their_own():
    with pytest.raises(UserError, match=r"--training\.max_steps .* expected --steps"):
        config(overrides={"training.max_steps": 500})
