"""The stand-ins, each made once a session: as folders of pipelines, and installed as packages."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from standins.packages import install_pipelines
from standins.pipelines import make_pipeline
from tiny.folder import make_tiny_encoder


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Networks this small are slower on several threads."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """`standin(lang, generation)` RETURNS (Path): the folder of a pipeline, to be read only."""
    root = tmp_path_factory.mktemp("standins")

    def get(lang: str, generation: str) -> Path:
        folder = root / generation / lang
        if not folder.exists():
            nlp = make_pipeline(lang, generation, make_tiny_encoder, root / generation / f"{lang}_encoder")
            nlp.to_disk(folder)
        return folder

    return get


@pytest.fixture(scope="session")
def site(
    standin: Callable[[str, str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """`site(generation)` RETURNS (Path): a folder for `sys.path` in which both stand-ins are installed."""
    made: dict[str, Path] = {}

    def get(generation: str) -> Path:
        if generation not in made:
            made[generation] = tmp_path_factory.mktemp(f"site_{generation}")
            install_pipelines([standin("fr", generation), standin("en", generation)], made[generation])
        return made[generation]

    return get
