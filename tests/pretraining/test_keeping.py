"""A disk that is full or read-only does not cost a run its weights."""

import errno
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_corpus import PAIRS
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.errors import WriteError
from spacy_bertfam.pretraining.keeping import Keeper
from spacy_bertfam.pretraining.network import MaskedLanguageModel
from spacy_bertfam.saving import naming


class Disk:
    """`save` writes what `weights` says; there is no room in the folders that `full` names."""

    def __init__(self) -> None:
        self.weights, self.full = "", list[Path]()

    def save(self, folder: Path) -> None:
        with naming(folder):
            if any(place in folder.parents for place in self.full):
                raise OSError(errno.ENOSPC, "No space left on device")
            folder.mkdir(exist_ok=True)
            (folder / "weights").write_text(self.weights, encoding="utf8")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where weights are kept, in this order: their place, then those that are tried."""
    names = ("data", "tmp", "work", "home")
    found = [tmp_path / name for name in names]
    for folder in found:
        folder.mkdir()
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(found[1]))
    monkeypatch.chdir(found[2])
    monkeypatch.setattr(Path, "home", lambda: found[3])
    return found


def files(folder: Path) -> list[str]:
    return [path.read_text(encoding="utf8") for path in folder.rglob("weights")]


def test_weights_are_in_their_place_where_there_is_room(places: list[Path]) -> None:
    disk = Disk()
    keeper = Keeper(disk.save, places[0] / "out")
    disk.weights = "a"
    assert keeper.keep()
    keeper.require_in_place()
    assert [files(place) for place in places] == [["a"], [], [], []]


@pytest.mark.parametrize("n_full", [1, 2, 3])
def test_weights_are_kept_on_the_first_disk_with_room(places: list[Path], n_full: int) -> None:
    disk = Disk()
    disk.full = places[:n_full]
    keeper = Keeper(disk.save, places[0] / "out")
    for disk.weights in ("a", "b"):
        with pytest.warns(UserWarning, match=rf"they are in {places[n_full]}.*out, as long as"):
            assert keeper.keep()
    assert [files(place) for place in places] == [["b"] if i == n_full else [] for i in range(4)]
    assert [list(place.iterdir()) for place in places[1:n_full]] == [[]] * (n_full - 1)
    with pytest.raises(
        WriteError, match=rf"out cannot be written: no space .* Kept in {keeper.place}: move that"
    ):
        keeper.require_in_place()


def test_room_that_is_made_is_used_and_what_was_kept_meanwhile_goes(places: list[Path]) -> None:
    disk = Disk()
    disk.full = places[:1]
    keeper = Keeper(disk.save, places[0] / "out")
    with pytest.warns(UserWarning):
        keeper.keep()
    disk.full, disk.weights = [], "b"
    assert keeper.keep()
    keeper.require_in_place()
    assert [files(place) for place in places] == [["b"], [], [], []]
    assert not list(places[1].iterdir())


def test_where_no_disk_has_room_it_is_tried_again(places: list[Path]) -> None:
    disk = Disk()
    disk.full = [*places, Path("/dev/shm")]
    keeper = Keeper(disk.save, places[0] / "out")
    with pytest.warns(UserWarning, match="they are lost"):
        assert not keeper.keep()
    with pytest.raises(WriteError, match="Nothing could be kept"):
        keeper.require_in_place()
    disk.full, disk.weights = [], "c"
    assert keeper.keep() and files(places[0]) == ["c"]


@pytest.fixture
def run(tiny_encoder: Callable[[str], Path], places: list[Path]) -> Callable[..., Any]:
    Path("texts.txt").write_text("\n\n".join(PAIRS), encoding="utf8")
    words = ["pretrain", str(tiny_encoder("bert")), "texts.txt"]
    fast = ("--max-steps", "2", "--batch-pieces", "200", "--lang", "fr")
    return lambda out: CliRunner().invoke(app, [*words, str(out), *fast])


def test_the_command_says_where_the_weights_are(
    run: Callable[..., Any], places: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    save, out = MaskedLanguageModel.save, places[0] / "out"

    def fill(model: MaskedLanguageModel, folder: Path) -> None:
        if folder == out:
            raise WriteError(f"{folder} cannot be written: no space is left on the disk.")
        save(model, folder)

    monkeypatch.setattr(MaskedLanguageModel, "save", fill)
    with pytest.warns(UserWarning, match="they are in"):
        result = run(out)
    assert result.exit_code == 1
    (folder,) = places[1].glob("out-*/out")
    assert (
        f"Error: {out} cannot be written: no space is left on the disk. Kept in {folder}: move"
        in result.stderr
    )
    assert MaskedLanguageModel(folder).new_weights == [] and not out.exists()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a file system without room for files")
def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("spacy_bertfam.cli.pretrain.read_corpus")
    result = run("/proc/out")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: /proc/out cannot be written: /proc takes no new files")


def test_a_disk_that_is_too_small_is_told_before_the_training(
    run: Callable[..., Any], places: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MaskedLanguageModel, "n_bytes", property(lambda model: 10**18))
    result = run(places[0] / "out")
    assert result.exit_code == 1
    assert "needs about 1,000,000,000,000.0 MB" in result.stderr and "steps" not in result.stdout
