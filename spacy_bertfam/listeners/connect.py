"""Which encoder does a head listen to? `spacy-bertfam.EncoderListener.v1` works on those of other packages too."""

from importlib import import_module
from typing import Any

from spacy.language import Language
from thinc.api import Model

from .foreign import FOREIGN, package_of


def connect_listeners(model: Model[Any, Any], nlp: Language) -> None:
    """Put a listener of the right kind where an ``EncoderListener`` would listen to another package's encoder.

    The encoder is the last one that ``nlp`` has, of the name that the listener asks for. The number of nodes
    stays, so that weights are read back whether or not that component is there.
    """
    from .listener import EncoderListener

    for node in list(model.walk()):
        if not isinstance(node, EncoderListener):
            continue
        encoder = find_encoder_component(nlp, node.upstream_name)
        package = package_of(encoder)
        if package is not None:
            module, name = FOREIGN[package].ours
            listener = getattr(import_module(f".{module}", __package__), name)(node.upstream_name)
            width = encoder.model.maybe_get_dim("nO")
            if width is not None:
                listener.set_dim("nO", width)
            model.replace_node(node, listener)


def find_encoder_component(nlp: Language, upstream: str) -> Any:
    """RETURNS (Any): the last component that others can listen to, by name unless it is "*"; None without one."""
    found = [
        component
        for name, component in nlp.components
        if hasattr(component, "find_listeners") and upstream in ("*", name)
    ]
    return found[-1] if found else None
