"""A server on a socket, until a signal ends it."""

import asyncio
import signal
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..errors import UserError
from .guard import App
from .service import Service


def bind(host: str, port: int) -> socket.socket:
    """RETURNS (socket): nobody is answered yet. RAISES (UserError): when the address cannot be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        sock = socket.socket(found[0], found[1])
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(found[4])
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"The server cannot listen on {host}, port {port} ({reason}): give another --port, or --host an address of "
            "this machine."
        ) from error
    return sock


def run(app: App, service: Service, sock: socket.socket) -> None:
    """Answer until SIGINT or SIGTERM; then take nothing more, and answer what has been taken. SIGHUP reloads."""
    limits = service.limits
    config = uvicorn.Config(
        app, http=patient(limits.sending), ws="none", lifespan="off", log_level="warning", access_log=False,
        proxy_headers=False, server_header=False, backlog=limits.open,
        timeout_graceful_shutdown=int(limits.sending + limits.timeout) + 1,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn sends a signal on, when all is done
    try:
        asyncio.run(_serve(uvicorn.Server(config), service, sock))
    except KeyboardInterrupt:
        pass
    finally:
        service.stop()


async def _serve(server: uvicorn.Server, service: Service, sock: socket.socket) -> None:
    tasks = set()  # the loop itself keeps no task alive

    def reload() -> None:
        task = asyncio.ensure_future(service.reload())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    if hasattr(signal, "SIGHUP"):
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
    await server.serve(sockets=[sock])


def patient(seconds: float) -> type[asyncio.Protocol]:
    """RETURNS (type): uvicorn's protocol, which waits so long for the head of a request, and until an answer is taken;
    itself it waits for ever.
    """

    class Patient(H11Protocol):
        unread: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            transport.set_write_buffer_limits(0)  # pause_writing comes as soon as anything waits to be taken
            self.head = self.loop.call_later(seconds, transport.close)

        def pause_writing(self) -> None:
            super().pause_writing()
            self.unread = self.loop.call_later(seconds, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            if self.unread is not None:
                self.unread.cancel()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                self.head.cancel()
            elif self.head.cancelled():  # the first part of a further head
                self.head = self.loop.call_later(seconds, self.transport.close)

        def connection_lost(self, exc: Exception | None) -> None:
            self.head.cancel()
            if self.unread is not None:
                self.unread.cancel()
            super().connection_lost(exc)

    return Patient
