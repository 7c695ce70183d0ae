"""Hostile checkpoints: refused with their reason by both doors, without running, waiting or filling memory."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile_checkpoints import HOSTILE, Hostile

from spacy_bertfam.encoder.checkpoint.checkpoint import read_checkpoint
from spacy_bertfam.gate import CheckpointError, check_folder

MAX_MB = 1024
MAX_SECONDS = 5.0
DOORS = (check_folder, read_checkpoint)


@pytest.fixture
def sound(tiny_encoder: Callable[[str], Path], tmp_path: Path) -> Path:
    """A folder of its own that both doors open."""
    return shutil.copytree(tiny_encoder("bert"), tmp_path / "model")


def test_corpus_is_as_large_as_promised():
    assert len(HOSTILE) >= 25
    assert len({case.name for case in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_sound_checkpoint_passes(door: Callable, sound: Path):
    door(sound)


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_hostile_checkpoint_is_refused_with_its_reason(
    door: Callable, case: Hostile, sound: Path, tmp_path: Path
):
    canary = tmp_path / "canary"
    case.build(sound, canary)
    with pytest.raises(CheckpointError) as caught:
        door(sound)
    message = str(caught.value)
    assert case.reason in message
    assert str(sound) in message
    assert "\n" not in message and len(message) < 1000
    assert not canary.exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="peak memory is read by the module resource")
def test_none_takes_a_gigabyte_or_five_seconds(tiny_encoder: Callable[[str], Path], tmp_path: Path):
    for case in HOSTILE:
        case.build(shutil.copytree(tiny_encoder("bert"), tmp_path / f"case-{case.name}"), tmp_path / "canary")
    script = Path(__file__).with_name("measure_hostile.py")
    command = [sys.executable, str(script), str(tiny_encoder("bert")), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, encoding="utf8", timeout=300)
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert {result["case"] for result in results} == {case.name for case in HOSTILE}
    assert [result for result in results if len(result["errors"]) != len(DOORS)] == []
    assert [result for result in results if result["seconds"] > MAX_SECONDS] == []
    assert max(result["mb"] for result in results) < MAX_MB
    assert not (tmp_path / "canary").exists()
