"""The server as a process of its own: signals, slow heads, the end."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import spacy

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
SLOW = """
import time
from pathlib import Path
from spacy.language import Language
@Language.component("serve_test_slow")
def slow(doc):
    while "lent" in doc.text and not Path(__file__).with_name("gate").exists():
        time.sleep(0.02)
    return doc
"""
PROGRAM = "from spacy_bertfam.cli.app import app; app()"


@pytest.fixture
def server(tmp_path):
    """RETURNS (tuple): the process, its address, and the folder of its pipeline."""
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf8")
    spacy.util.import_file("serve_test_slow", tmp_path / "slow.py")
    nlp = spacy.blank("fr")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PER", "pattern": "Claire"}])
    nlp.add_pipe("serve_test_slow")
    nlp.to_disk(tmp_path / "names")
    words = ["serve", str(tmp_path / "names"), "--port", "0", "--code", str(tmp_path / "slow.py")]
    words += ["--timeout", "300"]
    command = [sys.executable, "-c", PROGRAM, *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf8")
    told = (re.search(r"on (http://\S+), to this machine alone", line) for line in process.stderr)
    found = next(filter(None, told))
    wait_for(f"{found[1]}/health")
    yield process, found[1], tmp_path / "names"
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stderr.close()


def wait_for(url):
    for _ in range(1200):
        try:
            return httpx.get(url)
        except httpx.ConnectError:
            time.sleep(0.05)
    raise TimeoutError(url)


def ask(url, text):
    return httpx.post(f"{url}/entities", json={"text": text}, timeout=300)


@pytest.mark.slow
def test_a_server_that_is_stopped_answers_what_it_has_taken(server):
    process, url, folder = server
    with ThreadPoolExecutor(50) as pool:
        asked = [pool.submit(ask, url, f"Claire {i} est lent") for i in range(50)]
        while "bertfam_open 51.0" not in httpx.get(f"{url}/metrics").text:  # they, and this one
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        folder.with_name("gate").touch()
        answers = [each.result() for each in asked]
    assert [answer.status_code for answer in answers] == [200] * 50
    assert {answer.json()["results"][0]["entities"][0]["text"] for answer in answers} == {"Claire"}
    assert process.wait(60) == 0
    assert "Stopped; what was taken is answered." in process.stderr.read()
    with pytest.raises(httpx.ConnectError):
        ask(url, "a")


@pytest.mark.slow
def test_a_signal_loads_the_pipelines_again(server):
    process, url, folder = server
    nlp = spacy.load(folder)
    nlp.get_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "Angers"}])
    nlp.to_disk(folder)
    assert not ask(url, "Angers").json()["results"][0]["entities"]
    process.send_signal(signal.SIGHUP)
    for _ in range(1200):
        if ask(url, "Angers").json()["results"][0]["entities"]:
            return
        time.sleep(0.05)
    raise AssertionError("it still answers as before")


@pytest.mark.slow
def test_who_sends_no_head_is_left(server):
    """The server waits 10 seconds for one, however it drips."""
    _, url, _ = server
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    with socket.create_connection(address, timeout=60) as silent, socket.create_connection(address) as slow:
        slow.settimeout(0.5)
        start = time.monotonic()
        slow.sendall(b"POST /entities HTTP/1.1\r\n")
        while time.monotonic() - start < 60:
            try:
                slow.sendall(b"x: y\r\n")
                if slow.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - start > 9
        assert silent.recv(1) == b""
    assert ask(url, "Claire").status_code == 200
