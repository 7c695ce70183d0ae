"""How much a server takes on at once, and how long it waits."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of a server; what is over one is refused and costs nothing more.

    body (int): bytes of a request.
    texts (int): texts of a request.
    characters (int): characters of a text, and of a batch of several texts.
    batch (int): texts that go through a pipeline together.
    queue (int): texts that may wait for one pipeline.
    open (int): requests that are read or worked on.
    timeout (float): seconds until a request is given up, from when it has been read.
    sending (float): seconds in which the head of a request, and then its body, have to arrive.
    """

    body: int = 1_000_000
    texts: int = 64
    characters: int = 100_000
    batch: int = 32
    queue: int = 512
    open: int = 256
    timeout: float = 30.0
    sending: float = 10.0
