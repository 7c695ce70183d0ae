"""Which encoder a listener is linked to, and the one that its head was trained on: they ought to be the same."""

from collections.abc import Callable
from typing import Any, Protocol
from weakref import ref

import srsly
from thinc.api import Model, deserialize_attr, serialize_attr

# Where a listener has its ``LinkedEncoder``, among the attributes that are saved with the head
LINK = "encoder"


class EncoderComponent(Protocol):
    """What a listener has to know of an encoder component."""

    name: str

    @property
    def leaves_name(self) -> bool:
        """Whether its name stands on each Doc that it has read."""

    def fingerprint(self) -> str | None:
        """RETURNS (str | None): differs from that of any other encoder; None where it has no weights."""


class LinkedEncoder:
    """Kept by a listener; what is saved of it is the fingerprint of the encoder that its head was trained on.

    trained_on (str | None): that fingerprint, of the time when the head was loaded; None where it is not known.
    """

    def __init__(self, trained_on: str | None = None) -> None:
        self.trained_on = trained_on
        self.follows = False  # is the head trained on what the encoder is now?
        # the name of that encoder, where it is not the one that is asked for
        self.alias: str | None = None
        self._component: Callable[[], EncoderComponent | None] = lambda: None

    @property
    def component(self) -> EncoderComponent | None:
        """The encoder component, as long as somebody else has it."""
        return self._component()

    @property
    def is_named(self) -> bool:
        """Whether that encoder leaves its name on Docs."""
        component = self.component
        return component is not None and component.leaves_name

    def current(self) -> str | None:
        """RETURNS (str | None): the fingerprint of the encoder that the head is trained on now."""
        component = self.component if self.follows else None
        return (component.fingerprint() if component is not None else None) or self.trained_on

    def listen_to(self, component: EncoderComponent, *, alias: str | None = None) -> None:
        """Remember the encoder whose vectors the head reads from now on."""
        self.alias = alias
        if component is not self.component:
            self.trained_on, self.follows = self.current(), False
            self._component = ref(component)

    def is_renamed(self, component: EncoderComponent, upstream: str) -> bool:
        """Whether an encoder of another name than ``upstream`` is all the same the one that the head was trained on."""
        if self.component not in (None, component) and self.component.name == upstream:
            return False
        known = self.current()
        return known is not None and known == component.fingerprint()

    def fits(self) -> bool:
        """Whether the head was trained on this encoder, as far as that is known; a new head will be."""
        if self.trained_on is None:
            self.follows = True
        component = None if self.follows else self.component
        found = component.fingerprint() if component is not None else None
        return found is None or found == self.trained_on

    def __reduce__(self) -> tuple[Any, ...]:
        return (LinkedEncoder, (self.current(),))


def linked_encoder(listener: Model[Any, Any]) -> LinkedEncoder:
    """RETURNS (LinkedEncoder): of a listener, also of one of spaCy's, for which it was saved as a plain string."""
    link = listener.attrs.get(LINK)
    if not isinstance(link, LinkedEncoder):
        link = LinkedEncoder(link if isinstance(link, str) else None)
        listener.attrs[LINK] = link
    return link


@serialize_attr.register(LinkedEncoder)
def _serialize(_: Any, value: LinkedEncoder, name: str, model: Model[Any, Any]) -> bytes:
    return bytes(srsly.msgpack_dumps(value.current()))


@deserialize_attr.register(LinkedEncoder)
def _deserialize(default: LinkedEncoder, value: bytes, name: str, model: Model[Any, Any]) -> LinkedEncoder:
    loaded = srsly.msgpack_loads(value)
    link = LinkedEncoder(loaded if isinstance(loaded, str) else None)
    if default.component is not None:
        link._component = ref(default.component)
    return link
