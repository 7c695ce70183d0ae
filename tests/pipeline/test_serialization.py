"""A saved pipeline gives the scores of the one that was saved, bit for bit."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import spacy
from small_corpus import (
    CNN,
    TEXTS,
    all_scores,
    encoder_config,
    head_config,
    make_examples,
    own_pipeline,
    shared_pipeline,
    train,
)
from spacy.language import Language


def shared(folder: Path) -> Language:
    return shared_pipeline(folder)


def own(folder: Path) -> Language:
    return own_pipeline(encoder_config(folder))


def foreign_shared(folder: Path) -> Language:
    nlp = spacy.blank("fr")
    nlp.add_pipe("tok2vec", config={"model": CNN})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": CNN["width"], "upstream": "tok2vec"}
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": head_config(listener)})
    return nlp


def foreign_own(folder: Path) -> Language:
    return own_pipeline(CNN)


def ready(build: Callable[[Path], Language], folder: Path) -> Language:
    nlp = build(folder)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    train(nlp, examples, n_steps=5)
    return nlp


def through_disk(nlp: Language, tmp_path: Path) -> Language:
    nlp.to_disk(tmp_path / "saved")
    return spacy.load(tmp_path / "saved")


def through_bytes(nlp: Language, tmp_path: Path) -> Language:
    return spacy.blank("fr").from_config(nlp.config).from_bytes(nlp.to_bytes())


def outputs(nlp: Language) -> list[np.ndarray]:
    """The scores of all tags, before decoding."""
    docs = [nlp.make_doc(text) for text in [*TEXTS, "", " ", "mot " * 200]]
    for _, pipe in nlp.pipeline[:-1]:
        docs = list(pipe.pipe(docs))
    return nlp.get_pipe("ner").model.predict(docs)


def assert_equal(nlp: Language, again: Language) -> None:
    assert again.get_pipe("ner").labels == nlp.get_pipe("ner").labels
    for old, new in zip(outputs(nlp), outputs(again), strict=True):
        np.testing.assert_array_equal(new, old)
    assert all_scores(again) == all_scores(nlp)


THROUGH = pytest.mark.parametrize("through", [through_disk, through_bytes])


@THROUGH
@pytest.mark.parametrize("build", [shared, own, foreign_shared, foreign_own])
def test_reload_gives_equal_scores(
    build: Callable[[Path], Language],
    through: Callable[[Language, Path], Language],
    folder: Path,
    tmp_path: Path,
) -> None:
    nlp = ready(build, folder)
    assert_equal(nlp, through(nlp, tmp_path))


@THROUGH
def test_reload_after_replace_listeners(
    trained: Language, through: Callable[[Language, Path], Language], tmp_path: Path
) -> None:
    trained.replace_listeners("encoder", "ner", ["model.tok2vec"])
    trained.remove_pipe("encoder")
    assert_equal(trained, through(trained, tmp_path))


@THROUGH
def test_reload_after_new_labels(
    trained: Language, through: Callable[[Language, Path], Language], tmp_path: Path
) -> None:
    trained.get_pipe("ner").add_label("EVENT")
    assert_equal(trained, through(trained, tmp_path))


@THROUGH
def test_reload_and_train_on_gives_the_same_losses(
    trained: Language, through: Callable[[Language, Path], Language], tmp_path: Path
) -> None:
    again = through(trained, tmp_path)
    expected = train(trained, make_examples(trained), n_steps=3)
    assert train(again, make_examples(again), n_steps=3) == pytest.approx(expected, rel=1e-4)


def test_saving_twice_writes_the_same_bytes(trained: Language, tmp_path: Path) -> None:
    trained.to_disk(tmp_path / "first")
    spacy.load(tmp_path / "first").to_disk(tmp_path / "second")
    for name in ("encoder", "ner"):
        for path in (tmp_path / "first" / name).rglob("*"):
            if path.is_file():
                other = tmp_path / "second" / path.relative_to(tmp_path / "first")
                assert other.read_bytes() == path.read_bytes(), path.name


def test_settings_of_the_recognizer_come_back(folder: Path, tmp_path: Path) -> None:
    nlp = shared_pipeline(folder, scheme="IOB2", min_score=0.25, temperature=1.5, overwrite_ents=True)
    nlp.initialize(lambda: make_examples(nlp))
    for again in (through_disk(nlp, tmp_path), through_bytes(nlp, tmp_path)):
        ner = again.get_pipe("ner")
        assert (ner.min_score, ner.temperature, ner.overwrite_ents) == (0.25, 1.5, True)
        assert ner.tag_set.scheme == "IOB2"


def test_bytes_replace_what_another_training_left(trained: Language, folder: Path) -> None:
    other = shared_pipeline(folder)
    other.initialize(lambda: make_examples(other))
    train(other, make_examples(other), n_steps=1)
    other.from_bytes(trained.to_bytes())
    assert_equal(trained, other)


def test_a_pipeline_without_weights_can_be_saved_and_initialized_later(folder: Path, tmp_path: Path) -> None:
    nlp = through_disk(shared_pipeline(folder), tmp_path)
    nlp.initialize(lambda: make_examples(nlp))
    assert nlp(TEXTS[0]).tensor.shape[1] == 32


def test_a_vocabulary_without_the_labels_learns_them_on_loading(trained: Language, tmp_path: Path) -> None:
    trained.to_disk(tmp_path, exclude=["vocab"])
    again = spacy.load(tmp_path)
    assert [label for _, label, _ in all_scores(again)] == [label for _, label, _ in all_scores(trained)]
