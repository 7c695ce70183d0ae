"""A pipeline's folder with another temperature, and nothing else changed: a copy, or in place."""

from pathlib import Path
from shutil import copyfile, copytree

from spacy.util import load_config
from thinc.api import Config

from ..files.saving import replaced_whole, write_file


def copy_calibrated(source: Path, out: Path, *, component: str, temperature: float) -> None:
    """Copy the folder of a pipeline beside ``out``, and move it there when it is whole; only its config differs.

    Saving the pipeline instead would also save the words of the texts that it has read since it was loaded.
    out (Path): must not exist yet.
    """
    config = _calibrated_config(source, component=component, temperature=temperature)
    with replaced_whole(out) as copy:
        # without the modes of the files: those of an installed package may be read-only
        copytree(source, copy, copy_function=copyfile, dirs_exist_ok=True)
        config.to_disk(copy / "config.cfg")


def calibrate_in_place(folder: Path, *, component: str, temperature: float) -> None:
    """Write the temperature into the config of a pipeline's folder; whatever interrupts it, it is the old one or the
    new one."""
    config = _calibrated_config(folder, component=component, temperature=temperature)
    write_file(folder / "config.cfg", config.to_str())


def _calibrated_config(folder: Path, *, component: str, temperature: float) -> Config:
    config = load_config(folder / "config.cfg")
    config["components"][component]["temperature"] = temperature
    return config
