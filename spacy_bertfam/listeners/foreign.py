"""Encoders of two other packages: the one list of their names, and what they leave on a Doc."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from spacy.tokens import Doc

from ..errors import UserError

# The Doc extension of both packages
DATA = "trf_data"


class ForeignListener(NamedTuple):
    """A listener of another package to its own encoder."""

    package: str  # as it is installed
    architecture: str  # as it is registered
    node: str  # name of its layer in a network
    ours: tuple[str, str]  # what takes its place in our heads: module in this folder, class in it


# By the name that the package is imported by
FOREIGN = {
    "spacy_transformers": ForeignListener(
        "spacy-transformers",
        "spacy-transformers.TransformerListener.v1",
        "transformer-listener",
        ("transformers", "TransformersListener"),
    ),
    "spacy_curated_transformers": ForeignListener(
        "spacy-curated-transformers",
        "spacy-curated-transformers.LastTransformerLayerListener.v1",
        "last_transformer_layer_listener",
        ("curated", "CuratedListener"),
    ),
}
NODES = tuple(listener.node for listener in FOREIGN.values())


def package_of(component: Any) -> str | None:
    """RETURNS (str | None): the key of ``FOREIGN`` that a component, or a class above it, comes from."""
    roots = {cls.__module__.split(".")[0] for cls in type(component).__mro__}
    return next((package for package in FOREIGN if package in roots), None)


def lacks_data(doc: Doc) -> bool:
    """Whether no such encoder has run on ``doc``; an empty one needs none."""
    return bool(len(doc)) and (not doc.has_extension(DATA) or doc._.get(DATA) is None)


def require_data(docs: Sequence[Doc], upstream: str) -> None:
    """RAISES (UserError): when in training a frozen encoder has left nothing on the Docs."""
    if any(lacks_data(doc) for doc in docs):
        raise UserError(frozen_encoder(upstream))


def frozen_encoder(upstream: str) -> str:
    """RETURNS (str): the sentence for a head that is to learn from an encoder which is not trained, and not run."""
    return (
        f"A head learns from {naming(upstream)}, which is frozen and has left no vectors on the training texts. "
        "Expected its name in [training.annotating_components] too (--training.annotating_components), so that it "
        "runs on each batch."
    )


def naming(upstream: str, *, article: str = "the") -> str:
    """RETURNS (str): how a sentence speaks of the encoder that a listener asks for."""
    return f"{article} encoder" if upstream == "*" else f"the encoder {upstream!r}"


def no_gradient(d_rows: Any) -> list[Doc]:
    """The way back to an encoder that is not trained."""
    return []
