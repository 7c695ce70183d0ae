"""What the tests of annotating share."""

from pathlib import Path

import pytest
from ruled_names import make_names
from spacy.language import Language


@pytest.fixture
def nlp(tmp_path: Path) -> Language:
    """A pipeline in a folder, which finds two names."""
    return make_names(tmp_path / "pipeline")
