"""How much a server takes on at once, and how long it waits."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of a server; what is over one is refused and costs nothing more.

    body (int): bytes of a request.
    texts (int): texts of a request.
    characters (int): characters of a text.
    attention (int): characters of a request for attention, whose memory grows with their square.
    batch (int): texts that go through a pipeline together.
    together (int): their characters; a longer text goes alone. Long batches keep short texts waiting.
    queue (int): texts that may wait for one pipeline.
    open (int): requests that are read or worked on.
    timeout (float): seconds until a request is given up, from when it has been read.
    sending (float): seconds in which the head of a request, and then its body, have to arrive, and an answer be taken.
    """

    body: int = 1_000_000
    texts: int = 64
    characters: int = 100_000
    attention: int = 1_000
    batch: int = 32
    together: int = 20_000
    queue: int = 512
    open: int = 256
    timeout: float = 30.0
    sending: float = 10.0
