"""A few dozen spoilt checkpoints and pipelines: each is refused with a sentence, or works; the script beside goes
through thousands, in processes of their own."""

import shutil
import signal
import sys
import warnings
from importlib.util import find_spec
from random import Random

import pytest

if sys.platform == "win32":
    pytest.skip("the fuzzing of checkpoints needs pipes and links", allow_module_level=True)

import checkpoint_worker
from checkpoint_mutations import mutate
from checkpoint_worker import judge
from checkpoints import ENGINES, make_sound

from spacy_bertfam.errors import UserError, lower_than

MAX_SECONDS = 600  # by the clock; a folder that hangs ends the process


@pytest.fixture(autouse=True)
def waits_for_nobody():
    signal.alarm(MAX_SECONDS)
    yield
    signal.alarm(0)


@pytest.mark.slow
def test_spoilt_folders_are_refused_or_work(tmp_path):
    engines = [engine for engine in ENGINES if find_spec(engine[0]) and engine[1] == "fp32"]
    sound = make_sound(tmp_path / "sound", ["bert"], engines)
    ends = []
    for number in range(36):
        rng = Random(f"sample-{number}")
        door, base = rng.choice(sound)
        folder = shutil.copytree(base, tmp_path / "case")
        about = mutate(rng, folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state, error = judge(door, folder)
        ends.append(state)
        is_of_spacy = state == "of spaCy" and about[0] in ("config.cfg", "meta.json")
        assert state in ("opened", "refused") or is_of_spacy, (number, door, base.name, about, error)
        shutil.rmtree(folder)
    assert ends.count("opened") >= 5 and ends.count("refused") >= 5


def raises(error):
    raise error


class Panic(BaseException):
    """As libraries in Rust raise."""


@pytest.mark.parametrize(
    "opened, state",
    [
        (lambda folder: raises(UserError("Found a. Expected b.")), "refused"),
        (lambda folder: raises(UserError("Found a.\nExpected b.")), "not a sentence"),
        (lambda folder: raises(KeyError("x")), "of spaCy"),
        (lambda folder: raises(Panic("x")), "of spaCy"),
        (lambda folder: lower_than("x"), "raw"),
        (lambda folder: None, "fails on a text"),
    ],
)
def test_the_fuzzer_tells_how_a_folder_ends(opened, state, tmp_path, monkeypatch):
    monkeypatch.setitem(checkpoint_worker.DOORS, "pipeline", opened)
    assert judge("pipeline", tmp_path)[0] == state
