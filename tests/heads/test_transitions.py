"""The layer that holds a CRF's weights between tags: alike at first, scaled, kept where tags change."""

import numpy as np
import pytest
from thinc.api import Model

from spacy_bertfam.errors import UserError
from spacy_bertfam.heads import transitions
from spacy_bertfam.heads.transitions import (
    PARAMETERS,
    SCALE,
    add_gradient,
    init,
    learned_transitions,
    resized,
    transitions_layer,
)
from spacy_bertfam.types import Transitions


def some_layer(n_tags=3):
    """RETURNS (Model): a layer whose weights are all different."""
    layer = transitions_layer()
    layer.set_dim("nO", n_tags)
    layer.initialize()
    between = np.arange(n_tags * n_tags, dtype="float32").reshape(n_tags, n_tags)
    for name, array in zip(PARAMETERS, (between, between[0] + 100, between[0] + 200), strict=True):
        layer.set_param(name, array)
    return layer


def head_over(layer):
    model = Model("head", lambda model, X, is_train: (X, lambda dY: dY), layers=[layer])
    model.set_ref("transitions", layer)
    return model


def weights_of(layer):
    return {name: layer.get_param(name).tolist() for name in PARAMETERS}


def test_at_first_all_transitions_are_alike():
    layer = transitions_layer()
    assert not any(layer.has_param(name) for name in PARAMETERS)
    assert (layer.name, layer.maybe_get_dim("nO"), layer.maybe_get_dim("nI")) == ("transitions", None, None)
    assert layer.param_names == PARAMETERS
    layer.set_dim("nO", 2)
    layer.initialize()
    assert weights_of(layer) == {"between": [[0, 0], [0, 0]], "start": [0, 0], "end": [0, 0]}
    assert layer.get_dim("nI") == 2
    assert layer.get_param("between").dtype == np.float32


def test_scores_and_their_gradient_pass_through_unchanged():
    scores = np.ones((4, 3), dtype="float32")
    found, backprop = some_layer()(scores, is_train=True)
    assert found is scores
    assert backprop(scores) is scores


def test_learned_weights_are_the_parameters_times_a_scale_in_double_precision():
    found = learned_transitions(head_over(some_layer()))
    assert isinstance(found, Transitions)
    assert found.between.dtype == found.start.dtype == np.float64
    expected = some_layer()
    for name in PARAMETERS:
        assert getattr(found, name).tolist() == (expected.get_param(name) * SCALE).tolist()


def test_a_gradient_is_added_to_what_is_there():
    layer = some_layer()
    gradient = Transitions(np.eye(3), np.arange(3.0), -np.ones(3))
    for n in (1, 2):
        add_gradient(head_over(layer), gradient)
        for name in PARAMETERS:
            assert layer.get_grad(name).tolist() == (n * SCALE * getattr(gradient, name)).tolist()
            assert layer.get_grad(name).dtype == np.float32


def test_weights_of_tags_that_stay_are_kept_in_their_new_order():
    layer = resized(some_layer(), [2, -1, 0, -1])
    assert layer.get_dim("nO") == layer.get_dim("nI") == 4
    assert weights_of(layer) == {
        "between": [[8, 0, 6, 0], [0, 0, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0]],
        "start": [102, 0, 100, 0],
        "end": [202, 0, 200, 0],
    }


def test_a_layer_without_weights_has_none_after_a_change_of_tags():
    layer = resized(transitions_layer(), [-1, -1])
    assert layer.get_dim("nO") == 2
    assert not layer.has_param("between")


def test_so_many_tags_and_no_more(monkeypatch):
    monkeypatch.setattr(transitions, "MAX_TAGS", 3)
    layer = some_layer()
    learned_transitions(head_over(layer))
    resized(layer, [0, 1, 2])
    monkeypatch.setattr(transitions, "MAX_TAGS", 2)
    message = r"here of 3 tags; expected at most 2 .* Use spacy-bertfam.TokenClassifier.v1"
    for ask in (
        lambda: resized(layer, [0, 1, 2]),
        lambda: learned_transitions(head_over(layer)),
        lambda: init(layer),
    ):
        with pytest.raises(UserError, match=message):
            ask()


def test_up_to_4097_tags_have_weights_between_them():
    transitions.require_few(4097)
    with pytest.raises(UserError, match="here of 4,098 tags; expected at most 4,097"):
        transitions.require_few(4098)
