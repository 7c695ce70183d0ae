"""What stands before the application: who may ask, how much may come, and how long it may take."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from ipaddress import ip_address
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from .service import Service

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

OPEN = ("/", "/health", "/openapi.json")  # they know nothing of the models
RELOAD = "/reload"  # it takes as long as loading takes; there is one at a time
LOCAL = "localhost"
DRAINED = 8  # times the limit of a body is read, so that its sender can read the answer
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Refused(Exception):
    """A request that the application never sees, or does not finish."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        self.status, self.detail = status, detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Reply:
    """Hands on what is sent, with headers for security, and knows how far it is."""

    def __init__(self, send: Send) -> None:
        self.send, self.status, self.is_whole = send, 0, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        self.is_whole = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self.send(message)


class Guard:
    """An ASGI application around another one.

    token (str | None): who asks must have it; None lets everyone ask that calls the server by an address or a known
        name, so that no other name can be pointed at it (DNS rebinding).
    hosts (Collection[str]): those names, beside localhost.
    paths (Collection[str]): which are counted by themselves.
    """

    def __init__(
        self, app: App, service: Service, *, token: str | None, hosts: Collection[str], paths: Collection[str]
    ) -> None:
        self.app, self.service, self.limits = app, service, service.limits
        self.token = token.encode("ascii") if token is not None else None
        self.hosts, self.paths, self.n_open = {LOCAL, *hosts}, set(paths), 0
        service.metrics.open.set_function(lambda: self.n_open)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        reply, start, metrics = Reply(send), perf_counter(), self.service.metrics
        self.n_open += 1
        try:
            self._admit(scope["path"], scope["method"], Headers(scope=scope))
            await self._work(scope, await self._read(Headers(scope=scope), receive), receive, reply)
        except Refused as refused:
            if not reply.status:
                body = JSONResponse({"detail": refused.detail}, refused.status, refused.headers)
                await body(scope, receive, reply)
        finally:
            self.n_open -= 1
            path = scope["path"] if scope["path"] in self.paths else "other"
            metrics.requests.labels(path, str(reply.status or "gone")).inc()
            metrics.seconds.labels(path).observe(perf_counter() - start)

    def _admit(self, path: str, method: str, headers: Headers) -> None:
        if self.token is None:
            if not self._is_known(headers.get("host", "")):
                raise Refused(
                    421, "The server is not known by this name; expected an address, or one of --allow-host."
                )
        elif path not in OPEN or method not in ("GET", "HEAD"):
            scheme, _, token = headers.get("authorization", "").partition(" ")
            is_right = hmac.compare_digest(token.strip().encode("latin-1"), self.token)
            if not is_right or scheme.lower() != "bearer":
                raise Refused(401, "Expected the token of the server.", WWW_Authenticate="Bearer")
        has_body = "transfer-encoding" in headers or headers.get("content-length", "").strip("0")
        if method != "POST" and has_body:
            raise Refused(413, "Expected no body, save that of a POST.", Connection="close")
        # a form of another page cannot send this type without asking first, and nobody answers that question
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if method == "POST" and kind != "application/json":
            raise Refused(
                415, "Expected JSON, with the header Content-Type: application/json.", Connection="close"
            )
        if self.n_open > self.limits.open and (method, path) != ("GET", "/health"):
            raise Refused(503, "Too many requests at once; try again.", Retry_After="1", Connection="close")

    def _is_known(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            return name in self.hosts or bool(ip_address(name))
        except ValueError:
            return False

    async def _read(self, headers: Headers, receive: Receive) -> bytes:
        limit = self.limits.body
        detail = f"The body is too large; expected {limit} bytes at most."
        too_large = Refused(413, detail, Connection="close")
        length = headers.get("content-length", "0")
        if len(length) > 18 or int(length) > limit * DRAINED:
            raise too_large

        async def parts() -> bytes:
            size, body = 0, bytearray()
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, "The body is not whole.", Connection="close")
                part = message.get("body", b"")
                size += len(part)
                if size <= limit:
                    body += part
                if size > limit * DRAINED or (size > limit and not message.get("more_body")):
                    raise too_large
                if not message.get("more_body"):
                    return bytes(body)

        try:
            return await asyncio.wait_for(parts(), self.limits.sending)
        except asyncio.TimeoutError:
            raise Refused(408, "The body came too slowly.", Connection="close") from None

    async def _work(self, scope: Message, body: bytes, receive: Receive, reply: Reply) -> None:
        """Let the application answer, as long as the sender is there, and the time is not over."""
        gone = asyncio.ensure_future(receive())  # after the body that it ends
        parts = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return parts.pop() if parts else await gone

        work = asyncio.ensure_future(self.app(scope, replay, reply))
        timeout = None if scope["path"] == RELOAD else self.limits.timeout
        try:
            await asyncio.wait({work, gone}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if work.done() or reply.is_whole:
                await work
            elif not gone.done():
                raise Refused(504, "The answer took too long.")
        finally:
            gone.cancel()
            work.cancel()
