"""Listeners of other packages in the heads of a pipeline, in their networks and in the config: found and exchanged."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from thinc.api import Model

from ...errors import UserError
from ...listeners.foreign import FOREIGN, NODES
from ...listeners.listener import EncoderListener
from ...pipeline.find import walk_blocks

ARCHITECTURES = tuple(listener.architecture for listener in FOREIGN.values())
OURS = "spacy-bertfam.EncoderListener.v1"
FOREIGN_PREFIXES = tuple(f"{listener.package}." for listener in FOREIGN.values())
POOLINGS = {f"reduce_{pooling}.v1": pooling for pooling in ("first", "last", "max", "mean")}

Block = dict[str, Any]


class ListenerBlock(NamedTuple):
    """A block of a config that describes a listener."""

    component: str
    block: Block
    pooling: str


def find_listeners(components: Mapping[str, Block], encoder: str) -> list[ListenerBlock]:
    """Find the listeners to an encoder, those of this package too.

    components (Mapping[str, Block]): the section [components], interpolated.
    RAISES (UserError): at a pooling that ``spacy-bertfam.Encoder.v1`` does not have.
    """
    found = []
    for name, config in components.items():
        for _, block in walk_blocks(config):
            architecture = block.get("@architectures")
            if architecture not in (*ARCHITECTURES, OURS) or block.get("upstream", "*") not in ("*", encoder):
                continue
            pooling = "mean" if architecture == OURS else _pooling(block, name)
            found.append(ListenerBlock(name, block, pooling))
    return found


def common_pooling(listeners: Sequence[ListenerBlock]) -> str:
    """RETURNS (str): the pooling that all listeners have. RAISES (UserError): when they differ, or there are none."""
    poolings = {listener.pooling: listener.component for listener in listeners}
    if len(poolings) == 1:
        return next(iter(poolings))
    if not poolings:
        raise UserError(
            "No component of the pipeline listens to its encoder, so that nothing says how pieces become vectors of "
            "tokens; expected a head with a listener in its [model.tok2vec]."
        )
    which = ", ".join(f"{pooling} in {component!r}" for pooling, component in poolings.items())
    raise UserError(
        f"The pipeline's listeners pool pieces in different ways ({which}); expected the same in all: a "
        "bertfam_encoder pools once for all heads, so these cannot share one."
    )


def rewire_config(listeners: Sequence[ListenerBlock], encoder: str) -> None:
    """Write our listener into the blocks, in place."""
    for listener in listeners:
        listener.block.clear()
        listener.block.update({"@architectures": OURS, "upstream": encoder})


def find_foreign(config: Block) -> Iterator[tuple[str, str]]:
    """YIELDS (tuple[str, str]): place and name of each registered function of the two packages that a config names."""
    for place, block in walk_blocks(config):
        for key, value in block.items():
            if key.startswith("@") and str(value).startswith(FOREIGN_PREFIXES):
                yield place, str(value)


def listener_nodes(model: Model[Any, Any]) -> list[Model[Any, Any]]:
    """RETURNS (list[Model]): in a head's network the top node of each foreign listener, pooling included."""
    nodes = list(model.walk())
    chains = [node for node in nodes if node.has_ref("listener") and node.get_ref("listener").name in NODES]
    within = {id(node.get_ref("listener")) for node in chains}
    return chains + [node for node in nodes if node.name in NODES and id(node) not in within]


def rewire_model(model: Model[Any, Any], encoder: str, width: int) -> int:
    """Put our listeners in the place of foreign ones. RETURNS (int): how many there were."""
    found = listener_nodes(model)
    for node in found:
        listener = EncoderListener(encoder)
        listener.set_dim("nO", width)
        model.replace_node(node, listener)
    return len(found)


def _pooling(block: Block, component: str) -> str:
    layer = block.get("pooling", {}).get("@layers")
    if layer not in POOLINGS:
        raise UserError(
            f"The listener in component {component!r} pools pieces by {layer!r}; expected one of "
            f"{', '.join(POOLINGS)}: the bertfam_encoder has no other."
        )
    return POOLINGS[layer]
