"""Links that leave the folder, and what is no file: where the system has them."""

import os
from collections.abc import Callable
from pathlib import Path

from hostile_row import Build, Hostile

CONFIG = "config.json"


def link_out(name: str, target: Callable[[Path], Path]) -> Build:
    """A file of the folder replaced by a link."""

    def build(folder: Path, canary: Path) -> None:
        goal = target(folder)
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(goal)

    return build


def moved_out(name: str) -> Callable[[Path], Path]:
    """The file itself, moved to where the link leads."""

    def move(folder: Path) -> Path:
        outside = folder.parent / f"outside-{folder.name}"
        outside.mkdir()
        return (folder / name).rename(outside / name)

    return move


def pipe(folder: Path, canary: Path) -> None:
    """A named pipe, at which a reader waits for ever."""
    (folder / CONFIG).unlink()
    os.mkfifo(folder / CONFIG)


LINKS = (
    Hostile(
        "weights_link",
        link_out("model.safetensors", moved_out("model.safetensors")),
        "leads out of the folder",
    ),
    Hostile("settings_link", link_out(CONFIG, moved_out(CONFIG)), "leads out of the folder"),
    Hostile(
        "link_to_zeros", link_out("model.safetensors", lambda _: Path("/dev/zero")), "leads out of the folder"
    ),
    Hostile("link_to_nothing", link_out("vocab.txt", lambda folder: folder / "absent"), "leads nowhere"),
    Hostile("link_to_itself", link_out("vocab.txt", lambda folder: folder / "vocab.txt"), "leads nowhere"),
    Hostile("pipe", pipe, "pipe, socket or device"),
)
