"""A training config that starts from a fine-tuned head: `spacy-bertfam.from_hf.v1`."""

import numpy as np
import pytest
import spacy
from safetensors.torch import load_file
from small_corpus import encoder_config, head_config, make_examples, train
from thinc.api import Config

from spacy_bertfam.gate import CheckpointError

TAGS = ["O", "I-PER", "B-PER", "B-GPE", "I-GPE", "B-LOC", "I-LOC"]
LISTENER = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "*"}


def initialized(folder, *, head_model=None, **settings):
    """A pipeline as `spacy train` makes it from a config that names `folder` for encoder and head."""
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder)})
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": head_model or head_config(LISTENER)})
    initializer = {"@initializers": "spacy-bertfam.from_hf.v1", "name": str(folder), **settings}
    nlp.config["initialize"]["components"] = {"ner": {"head": initializer}}
    # written and read, as a config file is
    loaded = spacy.util.load_model_from_config(Config().from_str(nlp.config.to_str()), auto_fill=True)
    loaded.initialize(lambda: make_examples(loaded))
    return loaded


@pytest.fixture
def folder(tiny_token_classifier):
    return tiny_token_classifier("bert", TAGS)


def test_labels_that_stay_keep_their_rows_and_new_ones_get_rows(folder):
    nlp = initialized(folder)
    ner = nlp.get_pipe("ner")
    assert ner.labels == ("PER", "GPE", "LOC", "ORG") and ner.cfg["scheme"] == "IOB"
    W, b = (ner.model.get_ref("output_layer").get_param(name) for name in "Wb")
    theirs = load_file(folder / "model.safetensors")
    for row, tag in enumerate(TAGS):
        ours = ner.tag_set.tag_to_id[tag]
        assert np.array_equal(W[ours], theirs["classifier.weight"][row].numpy()), tag
        assert b[ours] == theirs["classifier.bias"][row], tag
    new = W[ner.tag_set.tag_to_id["B-ORG"]]
    assert 0 < np.abs(new).max() < 0.2 and len(W) == len(TAGS) + 2


def test_it_trains_from_there(folder):
    nlp = initialized(folder)
    losses = train(nlp, make_examples(nlp), n_steps=12)
    assert losses[-1] < losses[0] / 2


def test_labels_are_renamed_by_map(folder):
    assert initialized(folder, map={"GPE": "GEO"}).get_pipe("ner").labels[:3] == ("PER", "GEO", "LOC")


def test_a_head_that_does_not_fit_the_model_names_the_one_that_does(tiny_token_classifier):
    folder = tiny_token_classifier("modernbert", TAGS)
    with pytest.raises(CheckpointError, match=r"needs \[model\] @architectures = .*PredictionClassifier.v1"):
        initialized(folder)
    model = {"@architectures": "spacy-bertfam.PredictionClassifier.v1", "tok2vec": LISTENER}
    nlp = initialized(folder, head_model=model)
    dense = nlp.get_pipe("ner").model.get_ref("prediction_layer").get_param("W")
    assert np.array_equal(dense, load_file(folder / "model.safetensors")["head.dense.weight"].numpy())
    assert train(nlp, make_examples(nlp), n_steps=2)[-1] > 0


def test_nothing_is_read_before_initialize(folder, tmp_path):
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder)})
    nlp.add_pipe("bertfam_ner", name="ner")
    gone = {"@initializers": "spacy-bertfam.from_hf.v1", "name": str(tmp_path / "gone")}
    nlp.config["initialize"]["components"] = {"ner": {"head": gone}}
    loaded = spacy.util.load_model_from_config(nlp.config, auto_fill=True)
    with pytest.raises(CheckpointError, match="No folder"):
        loaded.initialize(lambda: make_examples(loaded))
