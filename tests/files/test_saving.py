"""Folders that are replaced whole: whatever fails, the old one or the new one is there."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors import SafetensorError

from spacy_bertfam.errors import UserError, WriteError
from spacy_bertfam.files.saving import (
    remove_begun,
    replaced_whole,
    require_new,
    require_writable,
    write_file,
    written_beside,
)


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


# -- what cannot be written

FULL = OSError(errno.ENOSPC, "No space left on device")
WRAPPED = [
    FULL,
    SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    shutil.Error([("a", "b", "[Errno 28] No space left on device")]),
]


@pytest.mark.parametrize("error", WRAPPED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("writer", [replaced_whole, written_beside])
def test_a_full_disk_is_a_sentence_about_the_folder_and_leaves_nothing(
    tmp_path: Path, writer: Callable, error: Exception
) -> None:
    sentence = "model cannot be written: no space is left on the disk; expected more room"
    with pytest.raises(WriteError, match=sentence) as found:  # noqa: SIM117
        with writer(tmp_path / "model") as folder, writer(folder / "inner") as inner:
            (inner / "half").touch()
            raise error
    assert str(found.value).startswith(f"{tmp_path / 'model'} cannot") and found.value.errno == errno.ENOSPC
    assert isinstance(found.value, (UserError, OSError))
    assert not list(tmp_path.iterdir())


def test_what_was_there_stays_when_the_disk_is_full(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "file").write_text("old", encoding="utf8")
    for writer in (replaced_whole, written_beside):
        with pytest.raises(WriteError), writer(tmp_path / "model") as folder:
            (folder / "file").write_text("ne", encoding="utf8")
            raise FULL
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "file"]
    assert (tmp_path / "model" / "file").read_text(encoding="utf8") == "old"


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/elsewhere/train.spacy"),
        PermissionError(errno.EACCES, "Permission denied", "/elsewhere/model.safetensors"),
        UserError("nowhere cannot be read ([Errno 13] Permission denied)."),
        SafetensorError("invalid header"),
        OSError("held open"),
    ],
    ids=str,
)
def test_other_errors_stay_what_they_are(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)) as found, replaced_whole(tmp_path / "model"):
        raise error
    assert found.value is error


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a file system without room for files")
@pytest.mark.parametrize("place", [Path("/proc/model"), Path("/proc/a/b/model")])
def test_a_place_that_takes_no_files_has_the_right_reason(place: Path) -> None:
    enter = lambda: replaced_whole(place).__enter__()  # noqa: E731
    for write in (lambda: write_file(place, "a"), lambda: require_new(place), enter):
        with pytest.raises(WriteError, match=f"{place} cannot be written: /proc takes no new files"):
            write()


def test_a_path_through_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "model"
    for write in (lambda: write_file(place, "a"), lambda: require_new(place)):
        with pytest.raises(WriteError, match="a part of its path is a file"):
            write()


def test_a_disk_that_is_too_small_is_found_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=2_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    require_writable(tmp_path / "a" / "model", n_bytes=1_999_999)
    with pytest.raises(WriteError, match=r"needs about 2\.1 MB, and .* has 2\.0 MB left"):
        require_writable(tmp_path / "a" / "model", n_bytes=2_100_000)
    assert not list(tmp_path.iterdir())


def test_a_place_that_is_taken_is_said(tmp_path: Path) -> None:
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    for place in (tmp_path, tmp_path / "broken"):
        with pytest.raises(UserError, match="exists already; expected a new folder"):
            require_new(place)


def test_a_file_is_whole_or_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(tmp_path / "a" / "page.html", "é\n")
    assert (tmp_path / "a" / "page.html").read_bytes() == "é\n".encode()

    def fill(path: Path, data: bytes) -> None:
        path.touch()
        raise FULL

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(WriteError, match=r"page\.html cannot be written: no space is left"):
        write_file(tmp_path / "a" / "page.html", b"new")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["page.html"]
    assert (tmp_path / "a" / "page.html").read_bytes() == "é\n".encode()
