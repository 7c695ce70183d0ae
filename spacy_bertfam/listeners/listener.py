"""`spacy-bertfam.EncoderListener.v1`: receives the vectors of a shared encoder, without a width in the config."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.pipeline.tok2vec import forward as tok2vec_forward
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import UserError
from ..types import Tok2VecModel
from .doc_vectors import ANY, encoders_on, find_document_vector, find_rows
from .foreign import frozen_encoder, naming, no_gradient
from .linked import linked_encoder
from .spacy_private import begin_listening, has_received

# Set on a listener that reads one row for each Doc, the document's own vector, in place of its tokens' rows
READS_DOCUMENTS = "reads_documents"
Received = tuple[list[Any], Callable[[Any], Any]]


def build_listener(upstream: str = ANY) -> Tok2VecModel:
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
        attrs = {READS_DOCUMENTS: False}
        Model.__init__(self, name=self.name, forward=forward, init=init, dims={"nO": None}, attrs=attrs)
        begin_listening(self, upstream_name)
        self.sample: Sequence[Doc] | None = None


def reads_documents(listener: Tok2VecListener) -> bool:
    """RETURNS (bool): whether a listener reads documents in place of tokens."""
    return bool(listener.attrs.get(READS_DOCUMENTS))


def init(model: EncoderListener, X: Sequence[Doc] | None = None, Y: Any = None) -> None:
    """Remember the Docs of ``nlp.initialize``: the layers above infer their shapes from zeros for them."""
    if not model.has_dim("nO"):
        raise UserError(missing_encoder(model, "is not in the pipeline, or stands after this component"))
    model.sample = X


def forward(model: EncoderListener, docs: Sequence[Doc], is_train: bool) -> Received:
    """What the encoder component left for these Docs."""
    if is_train:
        linked_encoder(model).follows = True
        if has_received(model):
            return tok2vec_forward(model, docs, is_train)  # type: ignore[no-any-return]
    is_sample = docs is model.sample  # more than once, where several layers listen
    if not (is_train or is_sample):
        model.sample = None
    if reads_documents(model):
        return [document_row(model, doc, is_sample) for doc in docs], no_gradient
    return read_rows(model, docs, is_train=is_train, may_lack=is_sample), no_gradient


def forward_of_spacy(model: Tok2VecListener, docs: Sequence[Doc], is_train: bool) -> Received:
    """For spaCy's own listener to an encoder of ours: where there are several, it reads those of the right one."""
    if is_train:
        linked_encoder(model).follows = True
    is_named = linked_encoder(model).is_named or any(map(encoders_on, docs))
    if not is_named or (is_train and has_received(model)):
        return tok2vec_forward(model, docs, is_train)  # type: ignore[no-any-return]
    is_sample = all(doc.tensor is not None and not doc.tensor.size for doc in docs)
    return read_rows(model, docs, is_train=is_train, may_lack=is_sample and not is_train), no_gradient


def read_rows(
    model: Tok2VecListener, docs: Sequence[Doc], *, is_train: bool, may_lack: bool
) -> list[Floats2d]:
    """The tokens' vectors, by the encoder that the listener names.

    may_lack (bool): whether these Docs are a mere sample: they get rows of zeros.
    RETURNS (list[Floats2d]): for each Doc, Shape: (n_tokens, width).
    """
    width = model.maybe_get_dim("nO")
    link = linked_encoder(model)
    named, upstream = link.is_named, link.alias or model.upstream_name
    found = []
    for doc in docs:
        rows = find_rows(doc, upstream, named=named)
        if rows is None:
            if len(doc) and is_train:
                raise UserError(frozen_encoder(model.upstream_name))
            rows = _zeros(model, len(doc), doc, may_lack)
        elif len(rows) != len(doc) or width not in (None, rows.shape[1]):
            raise UserError(
                f"This component was made for vectors of {width} columns, a row for each of the {len(doc)} tokens of "
                f"this Doc; those on it have {rows.shape[1]} columns and {len(rows)} rows: other code, or another "
                "encoder, has left them. Expected the encoder that it was trained with to run last before it: see "
                "nlp.pipe_names, and `upstream` in its [model.tok2vec]."
            )
        found.append(rows)
    return found


def document_row(model: EncoderListener, doc: Doc, is_sample: bool) -> Floats2d:
    """RETURNS (Floats2d): the document's vector, Shape: (1, width); zeros for an empty Doc and a mere sample."""
    link = linked_encoder(model)
    vector = find_document_vector(doc, link.alias or model.upstream_name, named=link.is_named)
    if vector is None:
        return _zeros(model, 1, doc, is_sample)
    return cast(Floats2d, model.ops.xp.asarray(vector.reshape((1, -1))))


def _zeros(model: Tok2VecListener, n_rows: int, doc: Doc, may_lack: bool) -> Floats2d:
    if len(doc) and not may_lack:
        raise UserError(missing_encoder(model, "has not run on this Doc", doc))
    return model.ops.alloc2f(n_rows, model.get_dim("nO"))


def missing_encoder(model: Tok2VecListener, what: str, doc: Doc | None = None) -> str:
    """RETURNS (str): the sentence for a head that receives nothing."""
    there = renamed = ""
    if doc is not None and (found := encoders_on(doc)):
        there = f", or whose vectors were replaced by those of {found[-1]!r}"
        renamed = ". Where that is its name now, set `upstream` in this component's [model.tok2vec] to it"
    elif doc is not None and linked_encoder(model).is_named and doc.tensor.size:
        renamed = (
            ". Where Span.as_doc() has made the Doc, give it to nlp: of several encoders it takes the vectors along, "
            "and no names"
        )
    return (
        f"This component listens to {naming(model.upstream_name)}, which {what}{there}. Expected it to be enabled and "
        "to stand before this component: see nlp.pipe_names and nlp.disabled, and do not disable or exclude "
        f"it{renamed}."
    )
