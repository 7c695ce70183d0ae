"""The scripts of project.yml are run, not installed: the tests import them from their folder."""

import socket
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))


@pytest.fixture
def closed_port():
    """A port of this machine where nobody listens, and nobody can start to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
