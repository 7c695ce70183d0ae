"""What all tests share: no network, tiny encoders made once a session, reasons to skip."""

import os

# before anything of Hugging Face is imported
os.environ["HF_HUB_OFFLINE"] = "1"
if "PYTEST_XDIST_WORKER" in os.environ:  # a process for each core has one thread
    os.environ.setdefault("OMP_NUM_THREADS", "1")
# tests fork (n_process=2); without a value set, tokenizers warns at each fork
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import re
from collections.abc import Callable
from functools import cache
from importlib import metadata, util
from pathlib import Path
from types import SimpleNamespace

import catalogue
import pytest
from packaging.version import Version
from spacy.lang.en import English
from spacy.lang.fr import French
from spacy.util import fix_random_seed
from tiny.kinds import BY_NAME, EVERY_DAY

# Thousands of pipelines are made: what is the same for each is looked up and compiled once (an eighth of the time)
catalogue.AVAILABLE_ENTRY_POINTS = SimpleNamespace(select=cache(catalogue.AVAILABLE_ENTRY_POINTS.select))
re._MAXCACHE = 1 << 16  # the tests' own patterns would drive spaCy's long ones out of the 512


# Where no test hangs on how "M." or "aujourd'hui" is cut, pipelines are made without spaCy's exceptions: a pipeline is
# loaded in half of the time
WITHOUT_EXCEPTIONS = re.compile(
    "annotation|audit|checks|cli|evaluation|gate|head_fit|hub|optimize|pipeline|report|training|visual"
    r"|test_(configs|docs|user_errors|workflow_configs|workflows)\.py"
)
EXCEPTIONS = {language: language.Defaults.tokenizer_exceptions for language in (English, French)}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give spaCy's tokenizers their exceptions, or none."""
    is_without = WITHOUT_EXCEPTIONS.fullmatch(item.path.relative_to(Path(__file__).parent).parts[0])
    for language, exceptions in EXCEPTIONS.items():
        language.Defaults.tokenizer_exceptions = {} if is_without else exceptions


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Of several processes each begins with tests that stand together, and makes what they share once."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "worksteal"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a package or a folder that is not there; of a test of all kinds some are for every day."""
    for item in items:
        if isinstance(item, pytest.Function) and is_of_another_kind(item):
            item.add_marker("kinds")
            item.add_marker("slow")
    absent = {}
    if util.find_spec("spacy_transformers") is None:
        absent["trf"] = pytest.mark.skip(reason="spacy-transformers is not installed")
    if util.find_spec("spacy_curated_transformers") is None:
        absent["curated"] = pytest.mark.skip(reason="spacy-curated-transformers is not installed")
    if not os.environ.get("BERTFAM_CORPORA"):
        absent["corpora"] = pytest.mark.skip(reason="BERTFAM_CORPORA names no folder of corpora")
    for item in items:
        for name in absent.keys() & {mark.name for mark in item.iter_markers()}:
            item.add_marker(absent[name])


def is_of_another_kind(item: pytest.Function) -> bool:
    """RETURNS (bool): whether the test is one of a row over all kinds, and its kind not one of `EVERY_DAY`."""
    rows = [mark.args[1] for mark in item.iter_markers("parametrize") if mark.args[0] == "kind"]
    return any(set(EVERY_DAY) <= set(row) and item.callspec.params["kind"] not in EVERY_DAY for row in rows)


@pytest.fixture(autouse=True)
def same_weights_every_time() -> None:
    """New layers draw their weights from one seed, so that a test passes always or never."""
    fix_random_seed(0)


def skip_unsupported(kind: str) -> None:
    """Skip the running test where the installed transformers is too old for `kind`."""
    needed = BY_NAME[kind].min_transformers
    if Version(metadata.version("transformers")) < Version(needed):
        pytest.skip(f"{kind} needs transformers >= {needed}")


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`tiny_encoder(kind)` RETURNS (Path): a folder that the whole session shares, to be read only."""
    root = tmp_path_factory.mktemp("tiny_encoders")

    def get(kind: str) -> Path:
        skip_unsupported(kind)
        from tiny.folder import make_tiny_encoder

        path = root / kind
        return path if path.exists() else make_tiny_encoder(kind, path)

    return get


@pytest.fixture(scope="session")
def tiny_token_classifier(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, list[str]], Path]:
    """`tiny_token_classifier(kind, labels)` RETURNS (Path): as `tiny_encoder`, with a head on top."""
    made: dict[tuple[str, ...], Path] = {}

    def get(kind: str, labels: list[str]) -> Path:
        skip_unsupported(kind)
        from tiny.folder import make_tiny_token_classifier

        key = (kind, *labels)
        if key not in made:
            path = tmp_path_factory.mktemp(f"tiny_{kind}_classifier") / "model"
            made[key] = make_tiny_token_classifier(kind, path, labels)
        return made[key]

    return get
