"""Folders that are replaced whole: whatever fails, the old one or the new one is there."""

import os
from pathlib import Path

import pytest

from spacy_bertfam.files.saving import remove_begun, replaced_whole


def write(folder: Path, text: str) -> None:
    with replaced_whole(folder) as new:
        (new / "file").write_text(text, encoding="utf8")


def test_the_new_folder_stands_for_all_of_the_old_one(tmp_path: Path) -> None:
    write(tmp_path / "model", "old")
    (tmp_path / "model" / "other").touch()
    write(tmp_path / "model", "new")
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["file"]
    assert (tmp_path / "model" / "file").read_text(encoding="utf8") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_failure_while_writing_leaves_the_old_one(tmp_path: Path) -> None:
    write(tmp_path / "model", "old")
    with pytest.raises(ValueError, match="half"), replaced_whole(tmp_path / "model") as new:
        (new / "file").touch()
        raise ValueError("half")
    assert (tmp_path / "model" / "file").read_text(encoding="utf8") == "old"


@pytest.mark.parametrize("error", [OSError("held open"), KeyboardInterrupt()])
def test_a_failure_between_the_two_moves_brings_the_old_one_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    write(tmp_path / "model", "old")
    rename, calls = os.rename, []

    def fail_at_second(source: Path, place: Path) -> None:
        calls.append(source)
        if len(calls) == 2:
            raise error
        rename(source, place)

    monkeypatch.setattr(os, "rename", fail_at_second)
    with pytest.raises(type(error)):
        write(tmp_path / "model", "new")
    assert (tmp_path / "model" / "file").read_text(encoding="utf8") == "old"


def test_what_was_begun_is_removed_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "model", "old")
    (tmp_path / ".model-abcd" / "new").mkdir(parents=True)
    (tmp_path / ".model2-abcd").mkdir()
    remove_begun(tmp_path / "model")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".model2-abcd", "model"]
