"""A bounded load on `bertfam serve` from this machine: times, memory, and whether every answer is the pipeline's.

python -m benchmarks.serve_load PIPELINE TEXTS.jsonl OUTPUT.json --requests 20000 --clients 16 --hostile 0.01
"""

import asyncio
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import httpx
import numpy as np
import spacy
import srsly
import typer

from benchmarks.machine import describe_machine, resident_memory
from benchmarks.tables import write_json

SLOW = 1.0  # seconds that a slow sender keeps at it, before it goes
HEAD = b"POST /entities HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"


def make_texts(path: Path, n: int) -> list[str]:
    """RETURNS (list[str]): of 1 to 12 sentences of a corpus, most of them short; no two have the same end."""
    whole = [record["text"] for record in srsly.read_jsonl(path)]
    corpus = [part for text in whole for part in re.split(r"\n+|(?<=[.!?]) +", text) if len(part) > 20]
    draw = random.Random(0)
    counts = draw.choices([1, 2, 4, 12], [70, 20, 8, 2], k=n)
    return [" ".join(draw.choices(corpus, k=count)) + f" ({i})" for i, count in enumerate(counts)]


def start(pipeline: str) -> tuple[Any, int]:
    """RETURNS (tuple): the process of a server that answers, and its port."""
    command = [sys.executable, "-m", "spacy", "bertfam", "serve", pipeline, "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    told = (re.search(r"http://127\.0\.0\.1:(\d+)", line) for line in process.stderr)
    found = next(filter(None, told))
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{found[1]}/health")
            return process, int(found[1])
        except httpx.ConnectError:
            time.sleep(0.1)


async def attack(client: httpx.AsyncClient, kind: int, port: int) -> str:
    """Send what no one should. RETURNS (str): the status, or that the connection was closed."""
    head = {"content-type": "application/json"}
    bodies = [b'{"text": "' + b"a" * 2_000_000 + b'"}', b'{"text": 7}', b'{"text": "\xc3"}', b"[" * 50_000]
    try:
        if kind < len(bodies):
            return str((await client.post("/entities", content=bodies[kind], headers=head)).status_code)
        if kind == len(bodies):
            headers = {"content-type": "text/plain"}
            return str((await client.post("/entities", content=b"a=b", headers=headers)).status_code)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        for byte in HEAD[:-4] if kind % 2 else HEAD + b'{"text"':
            writer.write(bytes([byte]))
            await asyncio.sleep(SLOW / len(HEAD))
        writer.close()
        return "slow sender"
    except (httpx.HTTPError, OSError) as error:
        return type(error).__name__


async def load(
    port: int, pid: int, texts: list[str], clients: int, hostile: float, minutes: float
) -> dict[str, Any]:
    """Ask for every text once, as far as the time goes, so many at a time; who is told to wait asks again."""
    seconds, found, statuses, hostile_statuses = [], {}, Counter(), Counter()
    rss, waiting, draw = {}, iter(enumerate(texts)), random.Random(1)
    limits = httpx.Limits(max_connections=clients + 8, max_keepalive_connections=clients + 8)

    async def answered(client: httpx.AsyncClient, text: str) -> httpx.Response | None:
        try:
            return await client.post("/entities", json={"text": text})
        except httpx.TransportError:  # as when the client comes too late on a connection that was kept
            return None

    async def one(client: httpx.AsyncClient) -> None:
        for i, text in waiting:
            if time.perf_counter() - begin > 60 * minutes:
                return
            if draw.random() < hostile:
                hostile_statuses[await attack(client, draw.randrange(7), port)] += 1
            asked = time.perf_counter()
            while (answer := await answered(client, text)) is None or answer.status_code == 503:
                statuses["503" if answer else "connection closed, asked again"] += 1
                await asyncio.sleep(0.1)
            seconds.append(time.perf_counter() - asked)
            statuses[str(answer.status_code)] += 1
            found[i] = answer.json()["results"][0]["entities"] if answer.status_code == 200 else answer.text
            if len(found) in (100, 2000) or len(found) % 4000 == 0:
                rss[str(len(found))] = round(resident_memory(pid), 0)

    begin = time.perf_counter()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120, limits=limits) as client:
        await asyncio.gather(*(one(client) for _ in range(clients)))
    wall = time.perf_counter() - begin
    quantiles = {f"p{n}": round(float(np.percentile(seconds, n)), 4) for n in (50, 95, 99, 100)}
    return {
        "requests": len(seconds), "wall_s": wall, "per_second": len(seconds) / wall,
        "seconds": quantiles,
        "statuses": dict(statuses), "hostile": dict(hostile_statuses), "rss_mb": rss, "found": found,
    }  # fmt: skip


def compare(pipeline: str, texts: list[str], found: dict[int, Any]) -> dict[str, Any]:
    """RETURNS (dict): how many answers are those of `nlp.pipe`, of 2,000 drawn from them, and how fast that is."""
    chosen = sorted(random.Random(2).sample(sorted(found), min(2000, len(found))))
    nlp = spacy.load(pipeline)
    begin, n_same, furthest = time.perf_counter(), 0, 0.0
    for i, doc in zip(chosen, nlp.pipe([texts[i] for i in chosen], batch_size=32), strict=True):
        expected = [(e.start_char, e.end_char, e.label_) for e in doc.ents]
        given = [(e["start"], e["end"], e["label"]) for e in found[i]] if isinstance(found[i], list) else None
        n_same += expected == given
        if expected == given:
            apart = (abs(e._.score - g["score"]) for e, g in zip(doc.ents, found[i], strict=True))
            furthest = max([furthest, *apart])
    wall = time.perf_counter() - begin
    speed = len(chosen) / wall
    return {"same": n_same, "of": len(chosen), "scores_apart": furthest, "pipe_per_second": speed}


def main(
    pipeline: str,
    texts: Annotated[Path, typer.Argument(metavar="TEXTS.jsonl")],
    output: Annotated[Path, typer.Argument(metavar="OUTPUT.json")],
    requests: int = 20_000,
    clients: int = 16,
    hostile: Annotated[float, typer.Option(help="So many attacks for each request")] = 0.0,
    minutes: Annotated[float, typer.Option(help="Ask for no text after so many")] = 60,
) -> None:
    """Start a server, load it, stop it, and compare."""
    asked = make_texts(texts, requests)
    process, port = start(pipeline)
    try:
        result = asyncio.run(load(port, process.pid, asked, clients, hostile, minutes))
    finally:
        process.terminate()
    found, result["exit"] = result.pop("found"), process.wait(60)
    write_json(output, result)  # kept where the comparison fails
    result |= {"compared": compare(pipeline, asked, found), "machine": describe_machine()}
    write_json(output, result)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    typer.run(main)
