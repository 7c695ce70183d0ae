"""Which encoder does a head listen to? `spacy-bertfam.EncoderListener.v1` works on those of other packages too."""

from importlib import import_module
from typing import Any, Callable, Dict, Optional, Tuple

from spacy.language import Language
from thinc.api import Model

# The package that an encoder component comes from: where its listener is
LISTENERS: Dict[str, Tuple[str, str]] = {
    "spacy_transformers": ("transformers", "TransformersListener"),
    "spacy_curated_transformers": ("curated", "CuratedListener"),
}


def connect_listeners(model: Model, nlp: Language) -> None:
    """Put a listener of the right kind where an ``EncoderListener`` would hear another package's encoder.

    The encoder is the last one that ``nlp`` has, of the name that the listener asks for. The number of nodes
    stays, so that weights are read back whether or not that component is there.
    """
    from .listener import EncoderListener

    for node in list(model.walk()):
        if not isinstance(node, EncoderListener):
            continue
        encoder = find_encoder_component(nlp, node.upstream_name)
        build = _listener_class(encoder)
        if build is not None:
            listener = build(node.upstream_name)
            width: Any = encoder.model.maybe_get_dim("nO")
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


def package_of(component: Any) -> Optional[str]:
    """RETURNS (Optional[str]): the package of ``LISTENERS`` that a component, or a class above it, comes from."""
    roots = {cls.__module__.split(".")[0] for cls in type(component).__mro__}
    return next((package for package in LISTENERS if package in roots), None)


def _listener_class(component: Any) -> Optional[Callable[[str], Model]]:
    package = package_of(component)
    if package is None:
        return None
    module, name = LISTENERS[package]
    return getattr(import_module(f".{module}", __package__), name)
