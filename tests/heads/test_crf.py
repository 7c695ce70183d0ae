"""The CRF head equals the sum over all sequences of tags, counted one by one."""

import numpy as np
import pytest
from all_paths import all_paths, path_logs, shares_of
from thinc.api import Linear

from spacy_bertfam.decoding.chain import Chain, MatrixBetween, constrain
from spacy_bertfam.decoding.tags import TagSet
from spacy_bertfam.errors import UserError
from spacy_bertfam.heads.crf import _agreeing, build_crf_token_classifier, expect, sequence_loss
from spacy_bertfam.heads.transitions import PARAMETERS, SCALE, init, learned_transitions

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


def log_sum(scores, allowed, chain):
    """The log of the weight of all paths through the allowed tags."""
    scores = np.where(allowed, scores, -np.inf)
    return np.log(np.exp(path_logs(scores, (chain.between.logs, chain.start, chain.end))).sum())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_loss_is_that_of_brute_force_with_missing_annotation_summed_over(scheme):
    tag_set = TagSet(scheme, ("A",))
    model = make_head(tag_set)
    scores, gold = make_batch(tag_set)
    chain = constrain(tag_set, learned_transitions(model))
    expected = sum(
        log_sum(text, np.ones_like(rows), chain) - log_sum(text, rows, chain)
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
    with pytest.raises(UserError, match="here of 4,098 tags; expected at most 4,097"):
        model.attrs["resize_output"](model, [-1] * 4098)
    model.attrs["resize_output"](model, [-1] * 4097)


def test_a_head_has_its_loss_and_its_transitions():
    model = build_crf_token_classifier(Linear(nO=4, nI=4), dropout=0.25, nO=5)
    layer = model.get_ref("transitions")
    assert any(node is layer for node in model.walk())
    assert model.get_ref("output_layer").get_dim("nO") == 5
    assert model.attrs["fixed_dropout"] == model.get_ref("dropout").attrs["dropout_rate"] == 0.25
    assert model.attrs["head_loss"] is sequence_loss
    assert model.attrs["head_transitions"] is learned_transitions


def test_expected_tags_and_pairs_are_those_of_all_paths():
    rng = np.random.default_rng(0)
    logs, start, end = rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=3)
    logs[0, 2] = -np.inf
    lengths = np.array([3, 0, 1, 4])
    texts = [rng.normal(size=(n, 3)) for n in lengths]
    found = expect(texts, Chain(MatrixBetween(logs), start, end), lengths)
    tags, pairs, starts, ends = [], np.zeros((3, 3)), np.zeros(3), np.zeros(3)
    for text in texts:
        if len(text):
            paths = all_paths(*text.shape)
            shares = shares_of(path_logs(text, (logs, start, end)))
            tags += [np.bincount(paths[:, i], shares, minlength=3) for i in range(len(text))]
            np.add.at(pairs, (paths[:, :-1], paths[:, 1:]), shares[:, None])
            np.add.at(starts, paths[:, 0], shares)
            np.add.at(ends, paths[:, -1], shares)
    np.testing.assert_allclose(found.tags, tags, atol=1e-12)
    for array, expected in zip(found.pairs, (pairs, starts, ends), strict=True):
        np.testing.assert_allclose(array, expected, atol=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_annotation_of_a_long_text_is_learned_without_a_division_by_zero(scheme):
    """A text is cut where an entity goes on: no annotated sequence could end there."""
    tag_set = TagSet(scheme, ("A",))
    tags = ["O"] * 60 + ["B-A", *["I-A"] * 8, "L-A"] + ["O"] * 70
    scores = np.zeros((len(tags), len(tag_set)), dtype="float32")
    with np.errstate(all="raise"):
        loss, (gradient,) = sequence_loss(
            make_head(tag_set), [scores], [tag_set.allowed_by_biluo(tags)], tag_set
        )
    assert loss > 0
    assert np.isfinite(gradient).all()


def test_without_tokens_there_is_nothing_to_learn():
    tag_set = TagSet("IO", ("A",))
    empty = np.zeros((0, 2), dtype="float32")
    loss, gradient = sequence_loss(make_head(tag_set), [empty, empty], [empty > 0] * 2, tag_set)
    assert loss == 0.0
    assert [(text.shape, text.dtype) for text in gradient] == [((0, 2), np.float32)] * 2


def test_a_token_far_from_all_annotation_is_taught_nothing():
    tag_set = TagSet("BIOES", ("A",))
    scores = [np.random.default_rng(0).normal(size=(90, 5)).astype("float32")]
    gold = [tag_set.allowed_by_biluo(["-"] * 89 + ["U-A"])]
    _, (gradient,) = sequence_loss(make_head(tag_set), scores, gold, tag_set)
    assert gradient.dtype == np.float32
    assert not gradient[:20].any()
    assert gradient[-1].any() and gradient[-2].any()


@pytest.mark.parametrize(
    ("biluo", "agrees"),
    [
        (["B-A", "L-A", "O"], True),
        (["B-A", "-", "L-A"], True),
        (["B-A", "O", "O"], False),
        (["O", "O", "I-A"], False),
        (["L-A", "O", "O"], False),
        (["-", "-", "-"], True),
        ([], True),
    ],
)
def test_annotation_that_no_legal_sequence_agrees_with_is_missing_annotation(biluo, agrees):
    tag_set = TagSet("BIOES", ("A",))
    allowed = tag_set.allowed_by_biluo(biluo)
    found = _agreeing(allowed, tag_set)
    assert found.dtype == bool
    assert np.array_equal(found, allowed if agrees else np.ones((3, 5), bool))
