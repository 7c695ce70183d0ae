"""`spacy-bertfam.TokenClassifier.v1`: dropout and one linear layer, as `BertForTokenClassification` has."""

from collections.abc import Sequence
from typing import Any

from thinc.api import Dropout, Model, chain

from ..errors import UserError
from ..types import TaggerModel, Tok2VecModel, Transitions
from .loss import token_cross_entropy
from .output_layer import FloatsLayer, output_layer
from .prediction_layer import prediction_layer
from .rows import with_rows
from .transitions import keep_rows, resized


def build_token_classifier(
    tok2vec: Tok2VecModel, *, dropout: float | None = None, nO: int | None = None
) -> TaggerModel:
    """A score for each tag at each token.

    tok2vec (Model[list[Doc], list[Floats2d]]): an encoder of its own, or a listener to a shared one.
    dropout (float | None): rate between the vectors and the linear layer; None takes the rate
        that training is run with (``training.dropout``).
    nO (int | None): number of tags; the component sets it from the labels.
    """
    return token_classifier(tok2vec, dropout=dropout, nO=nO)


def build_prediction_classifier(
    tok2vec: Tok2VecModel,
    *,
    dropout: float | None = None,
    eps: float = 1e-5,
    bias: bool = False,
    norm_bias: bool = False,
    nO: int | None = None,
) -> TaggerModel:
    """A classifier with a dense layer, GELU and a layer norm before it, as ModernBERT has.

    eps (float): added to the variance in the layer norm.
    bias, norm_bias (bool): whether the dense layer and the layer norm have a bias.
    The other arguments are those of ``build_token_classifier``.
    """
    layer = prediction_layer(eps=eps, bias=bias, norm_bias=norm_bias)
    model = token_classifier(tok2vec, [layer], dropout=dropout, nO=nO)
    model.set_ref("prediction_layer", layer)
    return model


def token_classifier(
    tok2vec: Tok2VecModel,
    before: Sequence[FloatsLayer] = (),
    *,
    dropout: float | None,
    nO: int | None,
    after: Sequence[FloatsLayer] = (),
) -> TaggerModel:
    """Dropout and a linear layer, with layers ``before`` and ``after``, and what the component asks of a head."""
    if not 0 <= (dropout or 0) <= 1:
        raise UserError(f"Head setting dropout is {dropout}; expected 0.0 to 1.0, or null.")
    drop: FloatsLayer = Dropout(dropout or 0.0)
    output = output_layer(nO=nO)
    model: TaggerModel = chain(tok2vec, with_rows(chain(*before, drop, output, *after)))
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("dropout", drop)
    model.set_ref("output_layer", output)
    model.attrs["fixed_dropout"] = dropout
    model.attrs["head_loss"] = token_cross_entropy
    model.attrs["head_transitions"] = no_transitions
    model.attrs["resize_output"] = resize_output
    return model


def no_transitions(model: TaggerModel) -> Transitions | None:
    """Each token is scored alone."""
    return None


def resize_output(model: TaggerModel, rows: list[int]) -> None:
    """Give the head other tags, and keep the weights of those that stay.

    The output layer is exchanged for a new one, so that an optimizer's memory of the old shape
    is not taken for the new one's.

    rows (list[int]): for each new tag the row of the same tag before, or -1 for a new one.
    """
    old = model.get_ref("output_layer")
    new = output_layer(nO=len(rows), nI=old.maybe_get_dim("nI"))
    if old.has_param("W"):
        new.initialize()
        keep_rows(new, old, rows)
    model.replace_node(old, new)
    if "transitions" in model.ref_names:
        layer = model.get_ref("transitions")
        model.replace_node(layer, resized(layer, rows))
    node: Model[Any, Any] = model
    while node.layers:  # the combinators that end in the output layer have its width
        if "nO" in node.dim_names:
            node.set_dim("nO", len(rows), force=True)
        node = node.layers[-1]
