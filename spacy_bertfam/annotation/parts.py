"""OUT.parts/ beside an output that is not whole yet: what is annotated already, some thousand texts a file.

OUT.parts/settings.json       what the annotation depends on, beside the texts
          000000-1f3a….jsonl  the first texts, with a digest of them in its name; written beside and moved
          lock                held by the process that writes; the system takes it from one that is killed
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from errno import EACCES, EAGAIN
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast

from ..data.text_stream import Text
from ..data.writers.entry import Entry
from ..data.writers.json_forms import as_line
from ..errors import UserError
from ..files.saving import naming, require_new, require_writable, write_file, written_beside

# Texts of a part, and characters from which on it is full: what a killed process loses, and what stays in memory
N_TEXTS, N_CHARACTERS = 2048, 2**22
SETTINGS, LOCK, WHOLE, MOVING = "settings.json", "lock", "whole", ".moving"
Part = tuple[int, list[Text]]  # from 0
Done = Callable[[int], Any]  # gets the number of texts that have been read


class Parts:
    """The parts of one output, in the order of the input.

    RAISES (UserError): when the output is there already, or its parts were made with other settings.
    """

    def __init__(self, output: Path, settings: dict[str, Any]) -> None:
        self.output = output
        self.folder = _folder_of(output)
        self.files: list[Path] = []
        shutil.rmtree(self._done, ignore_errors=True)
        # a process was killed when it had moved the output, and had not removed the parts
        self.is_moved = (self.folder / MOVING).exists() and not any(self.folder.glob(f"{WHOLE}*"))
        if not self.is_moved:
            require_new(output)
        require_writable(output)
        place = self.folder / SETTINGS
        if not place.exists():
            write_file(place, json.dumps(settings, indent=2) + "\n")
        found = json.loads(place.read_text(encoding="utf8"))
        self.known = {path.name.partition("-")[0]: path for path in self.folder.glob("*-*.jsonl")}
        changed = sorted(key for key in found.keys() | settings.keys() if found.get(key) != settings.get(key))
        if changed:
            raise self._other(f"were made with another {' and '.join(changed)}")

    def missing(self, parts: Iterable[list[Text]], done: Done) -> Iterator[Part]:
        """Yield the parts that are to be written, with their numbers.

        RAISES (UserError): when a part of other texts is there.
        """
        for number, texts in enumerate(parts):
            digest = blake2b(b"".join(map(as_line, texts)), digest_size=8)
            file = self.folder / f"{number:06d}-{digest.hexdigest()}.jsonl"
            self.files.append(file)
            known = self.known.get(f"{number:06d}")
            if known is None:
                yield number, texts
            elif known == file:
                done(len(texts))
            else:
                raise self._other("have other texts: the input has changed")

    def write(self, number: int, lines: Iterable[bytes]) -> None:
        """Write a part that was asked for: an entry a line."""
        with written_beside(self.folder) as place, (place / self.files[number].name).open("wb") as file:
            file.writelines(lines)

    def entries(self) -> Iterator[tuple[Entry, tuple[int, int]]]:
        """Yield every entry, and where it stands: the number of its part and the place in that.

        RAISES (UserError): when there are parts of more texts than the input has.
        """
        if len([*self.folder.glob("*-*.jsonl")]) > len(self.files):
            raise self._other("have more texts: the input has changed")
        for number, path in enumerate(self.files):
            place = 0
            with path.open("rb") as file:
                for line in file:
                    yield cast(Entry, json.loads(line)), (number, place)
                    place += len(line)

    def entry(self, number: int, place: int) -> Entry:
        """RETURNS (Entry): the one that stands there."""
        with self.files[number].open("rb") as file:
            file.seek(place)
            return cast(Entry, json.loads(file.readline()))

    @property
    def _done(self) -> Path:
        return self.output.with_name(f".{self.output.name}.parts")

    def place(self) -> Path:
        """RETURNS (Path): where the output is to be written before it is moved; nothing is there."""
        place = self.folder / f"{WHOLE}{self.output.suffix}"
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
        return place

    def finish(self, place: Path | None) -> None:
        """Move the output to its place, if it is not there, and remove the parts."""
        with naming(self.output):
            if place is not None:
                (self.folder / MOVING).touch()
                os.replace(place, self.output)
            os.replace(self.folder, self._done)  # at once: of half the parts nobody would know what they are
        shutil.rmtree(self._done, ignore_errors=True)

    def _other(self, what: str) -> UserError:
        return UserError(
            f"The parts in {self.folder} {what}; expected those of the same command: remove the folder to begin anew, "
            "or give another output."
        )


def _folder_of(output: Path) -> Path:
    return output.with_name(f"{output.name}.parts")


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Within it no other process writes the same output. RAISES (UserError): when one does, or it is there already."""
    try:
        import fcntl
    except ImportError:  # Windows, where a folder with an open file cannot be moved
        yield
        return
    folder = _folder_of(output)
    if not folder.exists():
        require_new(output)
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("w")
    with file:
        try:
            # flock would be held by the forks of a killed process
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (EACCES, EAGAIN):  # others: a file system without locks
                found = f"Another process is writing {output}, with its parts in {folder}"
                raise UserError(f"{found}; expected one: let it end, or give another output.") from error
        yield


def cut_parts(texts: Iterable[Text]) -> Iterator[list[Text]]:
    """Yield the texts of each part."""
    part: list[Text] = []
    n_characters = 0
    for text in texts:
        part.append(text)
        n_characters += len(text.text)
        if len(part) == N_TEXTS or n_characters >= N_CHARACTERS:
            yield part
            part, n_characters = [], 0
    if part:
        yield part
