"""What is used of spaCy and Thinc though it is not public: nowhere else, and tests/test_private_names.py notices when
it changes."""

from collections.abc import Callable
from typing import Any

from spacy.language import Language
from thinc.api import Model
from thinc.shims import Shim


def begin_listening(listener: Any, upstream_name: str) -> None:
    """Give a listener the state that spaCy's own constructor gives it, which asks for a width too."""
    listener.upstream_name = upstream_name
    listener._batch_id = listener._outputs = listener._backprop = None


def has_received(listener: Any) -> bool:
    """Whether an encoder that is trained has sent a batch to the listener."""
    return listener._batch_id is not None


def replace_forward(model: Model[Any, Any], forward: Callable[..., Any]) -> None:
    """Let a layer compute something else."""
    model._func = forward


def complete_widths(model: Model[Any, Any], width: int) -> None:
    """Tell an entity linker how wide its residual layer is, which spaCy makes as wide as the listener when it makes it.

    That is not known by then; from what it is to learn the layer would take the width of the knowledge base.
    """
    if not model.attrs.get("include_span_maker"):
        return
    for node in model.walk():
        for layer in node.walk() if node.name.startswith("residual(") else ():
            for dim in ("nI", "nO"):
                if layer.has_dim(dim) is None:
                    layer.set_dim(dim, width)


def link_components(nlp: Language) -> None:
    """Let listeners find their encoders, as `nlp.initialize` does."""
    nlp._link_components()


def network_of(shim: Shim) -> Any:
    """RETURNS (Any): what a shim wraps, mostly a torch module."""
    return shim._model
