"""`spacy-bertfam.EncoderListener.v1`: a head's ear on a shared encoder, without a width in the config."""

from typing import Any, Callable, List, Optional, Sequence, Tuple

from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.pipeline.tok2vec import forward as tok2vec_forward
from spacy.tokens import Doc
from thinc.api import Model

from ..errors import UserError
from ..types import Tok2VecModel


def build_listener(upstream: str = "*") -> Tok2VecModel:
    """The vectors of the pipeline's encoder component, and the way back for the gradient.

    upstream (str): name of the encoder component; "*" is whichever the pipeline has. In a ``bertfam_ner``
        that may be a `transformer` of spacy-transformers or a `curated_transformer` too, whose pieces are
        pooled by their mean, as the heads of such pipelines do it.
    """
    return EncoderListener(upstream)


class EncoderListener(Tok2VecListener):
    """spaCy's listener, in two things stricter: it takes its width from the encoder that it is
    linked to, and a Doc that the encoder has not seen is an error, not a row of zeros."""

    name = "encoder-listener"

    def __init__(self, upstream_name: str) -> None:
        Model.__init__(self, name=self.name, forward=forward, init=init, dims={"nO": None})
        self.upstream_name = upstream_name
        self._batch_id: Optional[int] = None
        self._outputs: Any = None
        self._backprop: Any = None
        self._sample: Optional[Sequence[Doc]] = None


def init(model: EncoderListener, X: Optional[Sequence[Doc]] = None, Y: Any = None) -> None:
    """Remember the Docs of ``nlp.initialize``: layers behind infer their shapes from zeros for them."""
    if not model.has_dim("nO"):
        raise UserError(missing_encoder(model, "is not in the pipeline, or comes behind this component"))
    model._sample = X


def forward(model: EncoderListener, docs: Sequence[Doc], is_train: bool) -> Tuple[List[Any], Callable]:
    """What the encoder component left for these Docs."""
    if is_train or docs is model._sample:  # more than once, where several layers listen
        return tok2vec_forward(model, docs, is_train)
    model._sample = None
    for doc in docs:
        if len(doc) and doc.tensor.size == 0:
            raise UserError(missing_encoder(model, "has not run on this Doc"))
    return tok2vec_forward(model, docs, is_train)


def missing_encoder(model: EncoderListener, what: str) -> str:
    """RETURNS (str): the sentence for a head that hears nothing."""
    encoder = "the encoder" if model.upstream_name == "*" else f"the encoder {model.upstream_name!r}"
    return (
        f"This component listens to {encoder}, which {what}. Expected it to be enabled and to stand "
        "before this component: see nlp.pipe_names and nlp.disabled, and do not disable or exclude it."
    )
