"""Requests to an application, without a network."""

import asyncio
import threading
from typing import Any

import httpx
import spacy
from spacy.language import Language
from spacy.tokens import Doc

HOST = "http://127.0.0.1"
JSON = {"content-type": "application/json"}
OPEN_GATE = threading.Event()
SEEN: list[str] = []  # texts in the order in which the pipeline read them


@Language.component("server_test_watch")
def watch(doc: Doc) -> Doc:
    """Wait where a text says so, until the gate is open; fail where it says so."""
    SEEN.append(doc.text)
    if "attend" in doc.text:
        OPEN_GATE.wait(20)
    if "échoue" in doc.text:
        raise ZeroDivisionError(f"secret: {doc.text}")
    return doc


def make_names() -> Language:
    """RETURNS (Language): finds a name."""
    nlp = spacy.blank("fr")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PER", "pattern": "Claire"}])
    nlp.add_pipe("server_test_watch")
    return nlp


def ask(app: Any, *requests: dict[str, Any], host: str = HOST) -> list[httpx.Response]:
    """Send requests at once; each says method (POST), url, and what httpx's request takes."""

    async def send() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=host) as client:
            return await asyncio.gather(*(client.request(**{"method": "POST", **each}) for each in requests))

    return asyncio.run(send())


def post(app: Any, path: str, **body: Any) -> httpx.Response:
    """RETURNS (Response): to one request with a JSON body."""
    return ask(app, {"url": path, "json": body})[0]
