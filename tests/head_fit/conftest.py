"""The tiny encoder that heads are fitted to."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Networks this small are slower on several threads, far slower on a busy machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def folder(tiny_encoder: Callable[[str], Path]) -> Path:
    """Its vectors have 32 columns."""
    return tiny_encoder("bert")
