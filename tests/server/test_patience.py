"""An answer that nobody takes holds no connection for ever."""

import asyncio

import pytest
import uvicorn
from uvicorn.server import ServerState

from spacy_bertfam.server.run import patient

PART, N_PARTS = b"x" * 1_000_000, 20  # more than a system keeps of a connection


def converse(client, *, seconds, body):
    """Let a client speak with a server of large answers. RETURNS (Protocol): of its connection, which has ended."""
    state, made, is_done = ServerState(), [], asyncio.Event()

    async def answer(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in body:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        is_done.set()

    async def main():
        config = uvicorn.Config(
            answer, http=patient(seconds), ws="none", lifespan="off", log_config=None, proxy_headers=False
        )
        config.load()

        def make():
            made.append(config.http_protocol_class(config=config, server_state=state, app_state={}))
            return made[-1]

        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        await client(reader)
        await is_done.wait()
        while state.connections:
            await asyncio.sleep(0.01)
        writer.close()
        server.close()

    asyncio.run(asyncio.wait_for(main(), 30))
    return made[0]


@pytest.mark.parametrize("body", [[PART] * N_PARTS, [PART * N_PARTS]], ids=["parts", "whole"])
def test_who_does_not_read_is_left(body):
    async def wait(reader):
        pass

    converse(wait, seconds=0.1, body=body)


def test_who_reads_gets_everything():
    found = []

    async def read(reader):
        found.append(len(await reader.read()))

    protocol = converse(read, seconds=30, body=[PART] * N_PARTS)
    assert found[0] > len(PART) * N_PARTS
    assert protocol.unread.cancelled()
