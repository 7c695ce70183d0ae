"""The probe of the hub, its cache, and what its answers are told as."""

import socket
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import huggingface_hub
import pytest
from encoder_sources.errors import EncoderError, HubSilent
from encoder_sources.hub import fetch_from_hub, hub_answers
from huggingface_hub import constants, utils
from small_folder import write_small_folder


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def hub(monkeypatch, tmp_path, closed_port):
    """The hub's client with an empty cache and an address where nobody listens."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{closed_port}")
    return tmp_path / "cache"


@contextmanager
def server(status: int):
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as httpd:
        Thread(target=httpd.serve_forever, args=[0.01], daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}/x"
        httpd.shutdown()


def write_cache(cache: Path, name: str) -> Path:
    repo = cache / f"models--{name.replace('/', '--')}"
    commit = "0123456789" * 4
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(commit, encoding="utf8")
    return write_small_folder(repo / "snapshots" / commit)


def test_closed_port_is_found_at_once(closed_port):
    start = time.perf_counter()
    assert not hub_answers(f"http://127.0.0.1:{closed_port}/x")
    assert time.perf_counter() - start < 3.5


def test_server_that_never_speaks_is_given_up_after_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        start = time.perf_counter()
        assert not hub_answers(f"http://127.0.0.1:{mute.getsockname()[1]}/x", timeout=0.3)
        assert 0.2 < time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("status", "answers"), [(200, True), (302, True), (401, True), (404, True), (500, False), (503, False)]
)
def test_any_answer_but_a_server_error_counts(status, answers):
    with server(status) as url:
        assert hub_answers(url) is answers


def test_silent_hub_is_told_in_one_sentence(hub):
    with pytest.raises(HubSilent, match=r"127\.0\.0\.1.* does not answer .* owner/small: connect, or name"):
        fetch_from_hub("owner/small", None)


def test_silent_hub_is_replaced_by_its_cache(hub):
    cached = write_cache(hub, "owner/small")
    assert fetch_from_hub("owner/small", None) == cached


def test_half_a_model_in_the_cache_is_none(hub):
    (write_cache(hub, "owner/small") / "model.safetensors").unlink()
    with pytest.raises(HubSilent):
        fetch_from_hub("owner/small", None)


def test_offline_setting_spares_the_probe(hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("encoder_sources.hub.hub_answers", lambda url: pytest.fail("asked the network"))
    with pytest.raises(HubSilent, match="HF_HUB_OFFLINE is set"):
        fetch_from_hub("owner/small", None)


@pytest.mark.parametrize("name", ["./missing", "a/b/c", "C:\\models\\x", "", "owner/mo del"])
def test_what_cannot_be_a_hub_name_is_told_without_asking(hub, name):
    with pytest.raises(EncoderError, match="neither a folder nor a name on the hub"):
        fetch_from_hub(name, None)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("RepositoryNotFoundError", "no model 'owner/small'"),
        ("GatedRepoError", "is gated"),
        ("RevisionNotFoundError", "no revision 'v9'"),
    ],
)
def test_refusals_of_the_hub_are_told(hub, monkeypatch, error, says):
    # Its constructor differs between releases of the client; only its class matters here.
    refusal = type(error, (getattr(utils, error),), {"__init__": lambda self: None})
    monkeypatch.setattr("encoder_sources.hub.hub_answers", lambda url: True)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", raiser(refusal()))
    with pytest.raises(EncoderError, match=says) as raised:
        fetch_from_hub("owner/small", "v9")
    assert not isinstance(raised.value, HubSilent)


def test_download_that_breaks_off_counts_as_silence(hub, monkeypatch):
    monkeypatch.setattr("encoder_sources.hub.hub_answers", lambda url: True)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", raiser(ConnectionResetError("reset\nby peer")))
    with pytest.raises(HubSilent, match=r"broke off \(reset\)"):
        fetch_from_hub("owner/small", None)


def raiser(error: Exception):
    def raise_it(*args, **kwargs):
        raise error

    return raise_it
