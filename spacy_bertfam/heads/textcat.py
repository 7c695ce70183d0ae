"""`spacy-bertfam.TextCatClassifier.v1`: a vector for each Doc and one linear layer, for spaCy's text categorizers."""

from collections.abc import Callable
from typing import Any

from spacy.tokens import Doc
from thinc.api import Dropout, Linear, Model, chain
from thinc.types import Floats2d

from ..errors import UserError
from ..listeners.document import document_vectors
from ..types import Tok2VecModel
from .document_pooling import TOKEN_POOLINGS, pool_tokens
from .finite import is_finite
from .output_layer import FloatsLayer, normal_init

POOLINGS = (*TOKEN_POOLINGS, "cls")
# A label that comes later starts improbable (0.02), and near enough to learn: spaCy's own layers give it -5000
NEW_LABEL_BIAS = -4.0


def build_text_classifier(
    tok2vec: Tok2VecModel,
    exclusive_classes: bool,
    *,
    pooling: str = "mean",
    hidden: FloatsLayer | None = None,
    nO: int | None = None,
) -> Model[list[Doc], Floats2d]:
    """A probability for each label of each Doc: dropout and a linear layer over a pooled vector.

    For spaCy's components ``textcat`` (exclusive_classes true) and ``textcat_multilabel`` (false). The dropout
    rate is that of training. The gradient is that of cross-entropy for either kind; spaCy's own layers
    give ``textcat_multilabel`` that of squared error, which fades where the model is wrong and sure.

    tok2vec (Model[list[Doc], list[Floats2d]]): an encoder of its own, or a listener to a shared one.
    exclusive_classes (bool): whether exactly one label is right.
    pooling (str): what stands for a text: "mean" or "max" of its token vectors, or "cls", the vector of the
        encoder's first special piece, which only an encoder of this package has. A text of several windows has
        as many of these; their mean is taken.
    hidden (Model[Floats2d, Floats2d] | None): a layer between that vector and the dropout, as the sequence classifiers
        of `transformers` have: ``spacy-bertfam.Dense.v1``, or ``spacy-bertfam.DenseNorm.v1`` (ModernBERT's).
    nO (int | None): number of labels; the component sets it.
    RETURNS (Model[list[Doc], Floats2d]): Shape: (n_docs, n_labels).
    """
    if pooling not in POOLINGS:
        raise UserError(f"TextCatClassifier: pooling is {pooling!r}; expected one of {', '.join(POOLINGS)}.")
    vectors = document_vectors(tok2vec) if pooling == "cls" else chain(tok2vec, pool_tokens(pooling))
    if hidden is not None:
        vectors = chain(vectors, hidden)
    output: FloatsLayer = Linear(nO=nO, init_W=normal_init)
    activation = probabilities(exclusive=exclusive_classes)
    model: Model[list[Doc], Floats2d] = chain(vectors, Dropout(0.0), output, activation)
    if nO is not None:
        model.set_dim("nO", nO)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("pooled", vectors)
    model.set_ref("output_layer", output)
    if hidden is not None:
        model.set_ref("prediction_layer", hidden)
    model.attrs["multi_label"] = not exclusive_classes
    model.attrs["resize_output"] = resize_output
    return model


def probabilities(*, exclusive: bool) -> FloatsLayer:
    """Softmax over the labels, or a sigmoid for each.

    The way back leaves the gradient as it is: spaCy's categorizers hand in probability minus gold, which is
    the gradient of cross-entropy by the score already, for both.
    """
    return Model("probabilities", forward, attrs={"exclusive": exclusive})


def forward(
    model: FloatsLayer, X: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    """X, Y: Shape: (n_docs, n_labels)."""
    if not is_finite(X):
        raise UserError(
            "The scores of the labels are not finite numbers (NaN or infinity): the weights of the text categorizer or "
            "of its encoder are ruined, mostly by a training that diverged. Expected finite ones: load the pipeline "
            "again, or train with a lower learning rate."
        )
    Y = model.ops.softmax(X) if model.attrs["exclusive"] else model.ops.sigmoid(X)
    return Y, lambda dY: dY


def resize_output(model: Model[list[Doc], Floats2d], n_labels: int) -> Model[list[Doc], Floats2d]:
    """Make room for more labels; those that are there keep their weights. RETURNS (Model): the same one."""
    old = model.get_ref("output_layer")
    if not old.has_param("W"):
        old.set_dim("nO", n_labels, force=True)
    else:
        # a layer of its own, so that an optimizer's memory of the old shape is not taken for the new one's
        new: FloatsLayer = Linear(nO=n_labels, nI=old.get_dim("nI"))
        n_kept = old.get_dim("nO")
        W: Any = model.ops.alloc2f(n_labels, old.get_dim("nI"))
        b: Any = model.ops.alloc1f(n_labels) + NEW_LABEL_BIAS
        W[:n_kept], b[:n_kept] = old.get_param("W"), old.get_param("b")
        new.set_param("W", W)
        new.set_param("b", b)
        model.replace_node(old, new)
    model.set_dim("nO", n_labels, force=True)
    return model
