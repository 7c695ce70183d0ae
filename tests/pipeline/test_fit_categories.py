"""A new text categoriser is fitted to the encoder, by a callback of the config."""

from itertools import cycle
from typing import Any

import numpy as np
import pytest
import spacy
from small_corpus import TEXTS, make_examples
from spacy.language import Language
from spacy.tokens import DocBin
from test_textcat import pipeline, with_cats

from spacy_bertfam.errors import UserError
from spacy_bertfam.head_fit.categories import fit_categories, truths


@pytest.fixture
def folder(tiny_encoder):
    return tiny_encoder("bert")


def fitted(nlp: Language, *, exclusive: bool) -> tuple[bool, Language]:
    examples = with_cats(make_examples(nlp), exclusive=exclusive)
    nlp.initialize(lambda: examples)
    return fit_categories(nlp, "cats", lambda: examples, n_words=1000), nlp


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "own"])
@pytest.mark.parametrize("exclusive", [True, False], ids=["single", "multi"])
@pytest.mark.parametrize("pooling", ["mean", "max", "cls"])
def test_a_fitted_categoriser_tells_its_texts_apart(folder, pooling, exclusive, shared):
    done, nlp = fitted(pipeline(folder, pooling, exclusive=exclusive, shared=shared), exclusive=exclusive)
    assert done
    examples = with_cats(make_examples(nlp), exclusive=exclusive)
    right = [
        (doc.cats[label] > 0.5) == (value > 0.5)
        for doc, eg in zip(nlp.pipe(TEXTS), examples, strict=True)
        for label, value in eg.reference.cats.items()
    ]
    assert len(right) == 12 and sum(right) >= 10


def test_texts_without_categories_teach_nothing(folder):
    nlp = pipeline(folder, "mean")
    examples = with_cats(make_examples(nlp))
    nlp.initialize(lambda: examples)
    layer = nlp.get_pipe("cats").model.get_ref("output_layer")
    before = layer.get_param("W").copy()
    assert not fit_categories(nlp, "cats", lambda: make_examples(nlp), n_words=1000)
    np.testing.assert_array_equal(layer.get_param("W"), before)


def test_a_label_that_is_missing_is_not_wrong():
    nlp = spacy.blank("fr")
    examples = with_cats(make_examples(nlp))[:2]
    examples[0].reference.cats = {"PERSON": 1.0}
    gold, known = truths(examples, ["PERSON", "NOBODY"])
    assert gold.tolist() == [[1, 0], [1, 0]] and known.tolist() == [[1, 0], [1, 1]]


def config_of(tmp_path, **settings: Any) -> dict[str, Any]:
    """RETURNS (dict): the settings that `spacy train` resolves when it initializes a pipeline."""
    nlp = spacy.blank("fr")
    docs = [eg.reference for eg in with_cats(make_examples(nlp))]
    DocBin(docs=docs).to_disk(tmp_path / "train.spacy")
    return {
        "paths": {"train": str(tmp_path / "train.spacy"), "dev": str(tmp_path / "train.spacy")},
        "initialize": {"after_init": {"@callbacks": "spacy-bertfam.fit_categories.v1", **settings}},
    }


@pytest.mark.parametrize(("fit_words", "is_fitted"), [(1000, True), (0, False)])
def test_the_callback_reads_the_training_corpus(folder, tmp_path, fit_words, is_fitted):
    nlp = pipeline(folder, "mean")
    nlp.config = nlp.config.merge(config_of(tmp_path, component="cats", fit_words=fit_words))
    nlp.initialize(lambda: with_cats(make_examples(nlp)))
    bias = nlp.get_pipe("cats").model.get_ref("output_layer").get_param("b")
    assert np.any(bias != 0) == is_fitted


def test_of_a_stream_without_end_the_beginning_is_read(folder, tmp_path):
    n_read = 0

    @spacy.registry.readers("test.Endless.v1")
    def build_endless():
        def read(nlp):
            nonlocal n_read
            for eg in cycle(with_cats(make_examples(nlp))):
                n_read += 1
                assert n_read < 10_000, "a stream was read as if it had an end"
                yield eg

        return read

    nlp = pipeline(folder, "mean")
    config = config_of(tmp_path, component="cats", fit_words=1000)
    config |= {"corpora": {"train": {"@readers": "test.Endless.v1"}}, "training": {"max_epochs": -1}}
    nlp.config["corpora"] = {}
    nlp.config = nlp.config.merge(config)
    nlp.initialize(lambda: with_cats(make_examples(nlp)))
    assert np.any(nlp.get_pipe("cats").model.get_ref("output_layer").get_param("b") != 0)
    assert 0 < n_read <= 2000


def test_a_component_that_is_not_there_or_has_another_model_is_named(folder, tmp_path):
    nlp = pipeline(folder, "mean")
    nlp.config = nlp.config.merge(config_of(tmp_path, component="kinds", fit_words=10))
    with pytest.raises(UserError, match=r"names the component 'kinds'; expected one of encoder, cats"):
        nlp.initialize(lambda: with_cats(make_examples(nlp)))
    nlp = spacy.blank("fr")
    nlp.add_pipe("textcat", name="cats")
    examples = with_cats(make_examples(nlp))
    nlp.initialize(lambda: examples)
    with pytest.raises(UserError, match=r"expected a spacy-bertfam.TextCatClassifier.v1"):
        fit_categories(nlp, "cats", lambda: examples, n_words=10)
