"""The CRF head equals the sum over all sequences of tags, counted one by one."""

import itertools

import numpy as np
import pytest
import spacy
from spacy.training import Example
from thinc.api import Linear

from spacy_bertfam.decoding.chain import constrain
from spacy_bertfam.decoding.tags import TagSet
from spacy_bertfam.errors import UserError
from spacy_bertfam.heads import transitions
from spacy_bertfam.heads.crf import build_crf_token_classifier, sequence_loss
from spacy_bertfam.heads.transitions import PARAMETERS, SCALE, init, learned_transitions, transitions_layer

SCHEMES = ("IO", "IOB", "IOB2", "BIOES")
BILUO = (["B-A", "L-A", "O"], ["-"], [], ["O", None, "-", "U-A"])


def make_head(tag_set, seed=0):
    rng = np.random.default_rng(seed)
    model = build_crf_token_classifier(Linear(nO=4, nI=4))
    model.attrs["resize_output"](model, [-1] * len(tag_set))
    layer = model.get_ref("transitions")
    init(layer)
    for name in PARAMETERS:
        shape = layer.get_param(name).shape
        layer.set_param(name, (rng.normal(size=shape) / SCALE).astype("float32"))
    return model


def make_batch(tag_set, seed=1):
    rng = np.random.default_rng(seed)
    scores = [rng.normal(size=(len(tags), len(tag_set))).astype("float32") for tags in BILUO]
    return scores, [tag_set.allowed_by_biluo(tags).reshape(-1, len(tag_set)) for tags in BILUO]


def log_sum(scores, allowed, transitions):
    total = 0.0
    for path in itertools.product(range(scores.shape[1]), repeat=len(scores)):
        if all(allowed[i, tag] for i, tag in enumerate(path)):
            weight = transitions.start[path[0]] + transitions.end[path[-1]]
            weight += sum(float(scores[i, tag]) for i, tag in enumerate(path))
            weight += sum(transitions.between.logs[a, b] for a, b in itertools.pairwise(path))
            total += np.exp(weight)
    return np.log(total)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_loss_is_that_of_brute_force_with_missing_annotation_summed_over(scheme):
    tag_set = TagSet(scheme, ("A",))
    model = make_head(tag_set)
    scores, gold = make_batch(tag_set)
    transitions = constrain(tag_set, learned_transitions(model))
    expected = sum(
        log_sum(text, np.ones_like(rows), transitions) - log_sum(text, rows, transitions)
        for text, rows in zip(scores, gold, strict=True)
        if len(text)
    )
    loss, _ = sequence_loss(model, scores, gold, tag_set)
    assert loss == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_gradient_by_score_is_the_slope_of_the_loss(scheme):
    tag_set = TagSet(scheme, ("A",))
    model = make_head(tag_set)
    scores, gold = make_batch(tag_set)
    _, gradient = sequence_loss(model, scores, gold, tag_set)
    for text, token, tag in ((0, 1, 0), (0, 0, 1), (3, 2, 1), (1, 0, 0)):
        losses = []
        for step in (1e-3, -1e-3):
            moved = [array.astype("float64") for array in scores]
            moved[text][token, tag] += step
            losses.append(sequence_loss(model, moved, gold, tag_set)[0])
        assert gradient[text][token, tag] == pytest.approx((losses[0] - losses[1]) / 2e-3, abs=1e-5)


@pytest.mark.parametrize("name", PARAMETERS)
def test_gradient_by_transition_is_the_slope_of_the_loss(name):
    tag_set = TagSet("BIOES", ("A",))
    model = make_head(tag_set)
    layer = model.get_ref("transitions")
    scores, gold = make_batch(tag_set)
    sequence_loss(model, scores, gold, tag_set)
    gradient = layer.get_grad(name).copy()
    place = (0, 0) if gradient.ndim == 2 else (0,)
    losses = []
    for step in (1e-2 / SCALE, -1e-2 / SCALE):
        param = layer.get_param(name).copy()
        param[place] += step
        layer.set_param(name, param)
        losses.append(sequence_loss(model, scores, gold, tag_set)[0])
        param[place] -= step
        layer.set_param(name, param)
    assert gradient[place] == pytest.approx((losses[0] - losses[1]) / (2e-2 / SCALE), rel=1e-2, abs=1e-2)


def test_a_text_whose_tags_no_legal_sequence_agrees_with_teaches_nothing():
    tag_set = TagSet("BIOES", ("A",))
    model = make_head(tag_set)
    scores, _ = make_batch(tag_set)
    gold = [tag_set.allowed_by_biluo(["B-A", "O", "O"])]
    loss, gradient = sequence_loss(model, scores[:1], gold, tag_set)
    assert loss == 0.0
    assert np.abs(gradient[0]).max() < 1e-6


def test_more_tags_than_a_matrix_of_them_may_have_are_refused():
    model = build_crf_token_classifier(Linear(nO=4, nI=4))
    with pytest.raises(
        UserError,
        match=r"here of 4,098 tags; expected at most 4,097 .* Use spacy-bertfam.TokenClassifier.v1",
    ):
        model.attrs["resize_output"](model, [-1] * 4098)
    layer = transitions_layer()
    layer.set_dim("nO", 4098)
    with pytest.raises(UserError, match="at most 4,097"):
        init(layer)
    model.attrs["resize_output"](model, [-1] * 4097)


def test_a_loaded_matrix_of_too_many_tags_is_refused_before_it_is_read(monkeypatch):
    tag_set = TagSet("BIOES", ("A",))
    model = make_head(tag_set)
    monkeypatch.setattr(transitions, "MAX_TAGS", len(tag_set))
    learned_transitions(model)
    monkeypatch.setattr(transitions, "MAX_TAGS", len(tag_set) - 1)
    with pytest.raises(UserError, match="here of 5 tags; expected at most 4"):
        learned_transitions(model)


def test_component_with_a_crf_learns_and_reloads_to_equal_scores(tmp_path):
    nlp = spacy.blank("fr")
    cnn = {"@architectures": "spacy.HashEmbedCNN.v2", "width": 32, "depth": 2, "embed_size": 200}
    cnn |= {"window_size": 1, "maxout_pieces": 2, "subword_features": True, "pretrained_vectors": None}
    nlp.add_pipe("tok2vec", config={"model": cnn})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "*"}
    head = {"@architectures": "spacy-bertfam.CRFTokenClassifier.v1", "tok2vec": listener}
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": head})
    texts = [
        ("Marie vit à Lyon", [(0, 5, "PER"), (12, 16, "LOC")]),
        ("Lyon attend Paul", [(0, 4, "LOC"), (12, 16, "PER")]),
    ]
    examples = [Example.from_dict(nlp.make_doc(text), {"entities": ents}) for text, ents in texts]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    doc = nlp("Marie vit à Lyon")
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("Marie", "PER"), ("Lyon", "LOC")]
    assert np.abs(nlp.get_pipe("ner").model.get_ref("transitions").get_param("between")).max() > 0
    nlp.to_disk(tmp_path / "model")
    again = spacy.load(tmp_path / "model")("Marie vit à Lyon")
    assert [ent._.score for ent in again.ents] == [ent._.score for ent in doc.ents]
    before = nlp.get_pipe("ner").model.get_ref("transitions").get_param("between").copy()
    nlp.get_pipe("ner").add_label("NEW")
    after = nlp.get_pipe("ner").model.get_ref("transitions").get_param("between")
    assert np.array_equal(after[: len(before), : len(before)], before)
    assert [ent.text for ent in nlp("Marie vit à Lyon").ents] == ["Marie", "Lyon"]
