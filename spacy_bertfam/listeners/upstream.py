"""Which encoder does a head listen to, and is there anything to listen to? Where it has not run, a head must not
guess."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from spacy.language import Language
from spacy.pipeline.tok2vec import Tok2Vec, Tok2VecListener
from spacy.tokens import Doc
from thinc.api import Model

from ..errors import UserError
from .doc_vectors import require_one
from .foreign import FOREIGN, NODES, lacks_data, naming, package_of
from .listener import EncoderListener


def find_listeners(model: Model[Any, Any]) -> list[Model[Any, Any]]:
    """RETURNS (list[Model]): the layers of ``model`` that listen to a shared encoder, of whichever package."""
    return [node for node in model.walk() if isinstance(node, Tok2VecListener) or node.name in NODES]


def upstream_of(listener: Model[Any, Any]) -> str:
    """RETURNS (str): the name of the encoder that a listener asks for; "*" is whichever there is."""
    return getattr(listener, "upstream_name", "*")


def token_listeners(component: Any) -> list[Tok2VecListener]:
    """RETURNS (list[Tok2VecListener]): the listeners of a component that read ``doc.tensor``, spaCy's and ours."""
    model = getattr(component, "model", None)
    nodes = model.walk() if isinstance(model, Model) else ()
    return [node for node in nodes if isinstance(node, Tok2VecListener)]


def has_weights(model: Model[Any, Any]) -> bool:
    """RETURNS (bool): whether any layer has weights yet, those of torch not counted."""
    return any(node.has_param(name) for node in model.walk() for name in node.param_names)


def connect_listeners(model: Model[Any, Any], nlp: Language) -> None:
    """Put a listener of the right kind where an ``EncoderListener`` would listen to another package's encoder.

    The encoder is the last one that ``nlp`` has, of the name that the listener asks for. The number of nodes
    stays, so that weights are read back whether or not that component is there.
    """
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
    named = [component for name, component in nlp.components if upstream in ("*", name)]
    return next((each for each in reversed(named) if hasattr(each, "find_listeners")), None)


def check_upstream(model: Model[Any, Any], docs: Sequence[Doc], component: str) -> None:
    """RAISES (UserError): when ``model`` listens to an encoder that has not run on ``docs``."""
    for node in find_listeners(model):
        if isinstance(node, Tok2VecListener):
            # spaCy's doc_cleaner leaves None
            missing = any(len(doc) and (doc.tensor is None or doc.tensor.size == 0) for doc in docs)
        else:
            missing = any(lacks_data(doc) for doc in docs)
        if missing:
            raise UserError(
                f"Component {component!r} listens to {naming(upstream_of(node), article='an')} that has not run on "
                "this text: it is missing, disabled, or stands after it. Expected it to be enabled and to stand "
                "before this component: see nlp.pipe_names and nlp.disabled."
            )


def check_order(model: Model[Any, Any], nlp: Language, component: str) -> None:
    """RAISES (UserError): when ``model`` listens to an encoder that ``nlp`` has not before ``component``, or to any of
    several."""
    names = nlp.component_names
    before = names[: names.index(component)] if component in names else names
    encoders = [name for name in before if hasattr(nlp.get_pipe(name), "find_listeners")]
    for node in find_listeners(model):
        upstream = upstream_of(node)
        if upstream not in encoders and (upstream != "*" or not encoders):
            raise UserError(
                f"Component {component!r} listens to {naming(upstream, article='an')}, which the pipeline does not "
                f"have before it ({', '.join(names)}). Expected it to stand before this component: put it there, or "
                "set `upstream` in this component's [model.tok2vec] to the name that it has."
            )
        if upstream == "*":
            require_one([name for name in encoders if _leaves_for(node, nlp, name)], component)
    check_foreign(model, nlp, component, encoders)


def check_foreign(model: Model[Any, Any], nlp: Language, component: str, encoders: Sequence[str]) -> None:
    """Look for an encoder of another package that is named, and whose vectors a later one replaces: in
    ``doc._.trf_data`` they have no name.

    encoders (Sequence[str]): those that stand before the component.
    RAISES (UserError): when there is one.
    """
    for node in find_listeners(model):
        last = [name for name in encoders if _leaves_for(node, nlp, name)][-1:]
        if not isinstance(node, Tok2VecListener) and last and upstream_of(node) not in ("*", *last):
            raise UserError(
                f"Component {component!r} listens to {upstream_of(node)!r}; {last[0]!r}, which stands between them, "
                "leaves its own vectors in the same place: it would predict from those. Expected it before that "
                "encoder: move it there, or take one of the two out."
            )


def _leaves_for(listener: Model[Any, Any], nlp: Language, encoder: str) -> bool:
    """Whether an encoder leaves its vectors where a listener reads."""
    component = nlp.get_pipe(encoder)
    reads_tensor = isinstance(listener, Tok2VecListener)
    return hasattr(component, "find_listeners") and isinstance(component, Tok2Vec) == reads_tensor
