"""What the tests of annotating share."""

import shutil
from pathlib import Path

import pytest
import spacy
from ruled_names import make_names
from spacy.language import Language


@pytest.fixture(scope="session")
def names_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline that finds two names, on disk; to be read only."""
    folder = tmp_path_factory.mktemp("names") / "pipeline"
    make_names(folder)
    return folder


@pytest.fixture
def nlp(names_folder: Path, tmp_path: Path) -> Language:
    """The same in a folder of this test's own."""
    return spacy.load(shutil.copytree(names_folder, tmp_path / "pipeline"))
