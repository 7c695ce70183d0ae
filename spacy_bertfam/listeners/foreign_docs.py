"""What encoders of other packages leave on a Doc, and the sentence for a Doc that has nothing of it."""

from typing import Sequence

from spacy.tokens import Doc

from ..errors import UserError

# The Doc extension of spacy-transformers and of spacy-curated-transformers
DATA = "trf_data"


def lacks_data(doc: Doc) -> bool:
    """Whether no such encoder has run on ``doc``; an empty one needs none."""
    return bool(len(doc)) and (not doc.has_extension(DATA) or doc._.get(DATA) is None)


def require_data(docs: Sequence[Doc], upstream: str) -> None:
    """Raise a UserError in training where a frozen encoder has left nothing on the Docs."""
    if any(lacks_data(doc) for doc in docs):
        raise UserError(frozen_encoder(upstream))


def frozen_encoder(upstream: str) -> str:
    """RETURNS (str): the sentence for a head that is to learn from an encoder which is not trained, and not run."""
    encoder = "the encoder" if upstream == "*" else f"the encoder {upstream!r}"
    return (
        f"A head learns from {encoder}, which is frozen and has left no vectors on the training texts. Expected "
        "its name in [training.annotating_components] too (--training.annotating_components), so that it runs "
        "on each batch."
    )
