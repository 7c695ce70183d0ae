"""A pipeline's folder with another temperature, and nothing else changed."""

from pathlib import Path
from shutil import copyfile, copytree

from spacy.util import load_config

from ..files.saving import replaced_whole


def copy_calibrated(source: Path, out: Path, *, component: str, temperature: float) -> None:
    """Copy the folder of a pipeline beside ``out``, and move it there when it is whole; only its config differs.

    Saving the pipeline instead would also save the words of the texts that it has read since it was loaded.
    out (Path): must not exist yet.
    """
    config = load_config(source / "config.cfg")
    config["components"][component]["temperature"] = temperature
    with replaced_whole(out) as copy:
        # without the modes of the files: those of an installed package may be read-only
        copytree(source, copy, copy_function=copyfile, dirs_exist_ok=True)
        config.to_disk(copy / "config.cfg")
