"""`bertfam serve` by the command line: names of models, and what it refuses before it listens."""

import os
import signal
import socket
import sys

import pytest
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.cli.serve import _announce, name_models
from spacy_bertfam.errors import UserError


def test_models_have_the_names_that_are_given_or_those_of_their_folders():
    assert name_models(["fr=training/x", "training/model-best/"]) == {
        "fr": "training/x",
        "model-best": "training/model-best/",
    }


@pytest.mark.parametrize("given", [["a/x", "b/x"], ["é=a"], ["a b=c"], ['"=c'], ["=/"]])
def test_a_name_that_is_none_or_there_twice_is_refused(given):
    with pytest.raises(UserError, match="NAME=MODEL"):
        name_models(given)


@pytest.mark.parametrize(
    "host, says, warns",
    [
        *(
            ("127.0.0.1", "this machine alone", 0),
            ("::1", "[::1]:1", 0),
            ("localhost", "this machine alone", 0),
        ),
        *(("0.0.0.0", "everyone", 1), ("192.168.1.2", "everyone", 1)),
    ],
)
def test_it_says_who_can_reach_it(host, says, warns):
    lines = _announce({"fr": "x"}, host, 1, False)
    assert says in lines[0] and len(lines) == 1 + warns
    assert len(_announce({"fr": "x"}, host, 1, True)) == 1


def run(*words, **settings):
    return CliRunner().invoke(app, ["serve", *words], **settings)


@pytest.fixture
def extra():
    for name in ("fastapi", "uvicorn", "prometheus_client"):
        pytest.importorskip(name)


@pytest.mark.usefixtures("extra")
@pytest.mark.parametrize("token", ["", "short", "with a blank", "line\nbreak-token", "jeton-à-moi"])
def test_a_token_that_no_header_can_hold_is_refused(token):
    result = run("x", env={"BERTFAM_TOKEN": token})
    assert result.exit_code == 1 and "The token is not one" in result.stderr
    assert not token or token not in result.stderr


@pytest.mark.usefixtures("extra")
@pytest.mark.parametrize("name", ["--timeout", "--send-timeout"])
@pytest.mark.parametrize("seconds", ["inf", "nan"])
def test_a_time_that_is_no_number_is_refused(name, seconds):
    result = run("x", name, seconds)
    assert result.exit_code in (1, 2) and name in result.stderr  # some releases of click refuse nan, none inf


@pytest.mark.usefixtures("extra")
@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_a_signal_to_reload_ends_no_server_that_loads_still(monkeypatch):
    found = []

    def start(service):
        found.append(signal.getsignal(signal.SIGHUP))
        raise UserError("enough")

    monkeypatch.setattr("spacy_bertfam.server.service.Service.start", start)
    earlier = signal.getsignal(signal.SIGHUP)
    try:
        assert "enough" in run("x", "--port", "0").stderr
    finally:
        signal.signal(signal.SIGHUP, earlier)
    assert found == [signal.SIG_IGN]


@pytest.mark.usefixtures("extra")
def test_a_port_that_is_taken_is_told_before_anything_is_loaded():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("no-such-pipeline", "--port", port)
    assert result.exit_code == 1 and f"port {port}" in result.stderr and "--port" in result.stderr


@pytest.mark.usefixtures("extra")
def test_what_is_no_pipeline_is_told():
    result = run("no-such-pipeline", "--port", "0")
    assert result.exit_code == 1 and "'no-such-pipeline' cannot be loaded" in result.stderr


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = run("x")
    assert result.exit_code == 1 and 'pip install "spacy-bertfam[server]"' in result.stderr
