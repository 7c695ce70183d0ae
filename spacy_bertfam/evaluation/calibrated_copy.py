"""A pipeline's folder with another temperature, and nothing else changed."""

from pathlib import Path
from shutil import copyfile, copytree
from tempfile import TemporaryDirectory

from spacy.util import load_config


def copy_calibrated(source: Path, out: Path, *, component: str, temperature: float) -> None:
    """Copy the folder of a pipeline beside ``out``, and move it there when it is whole; only its config differs.

    Saving the pipeline instead would also save the words of the texts that it has read since it was loaded.
    out (Path): must not exist yet.
    """
    config = load_config(source / "config.cfg")
    config["components"][component]["temperature"] = temperature
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as temporary:
        copy = Path(temporary) / "pipeline"
        # without the modes of the files: those of an installed package may be read-only
        copytree(source, copy, copy_function=copyfile)
        config.to_disk(copy / "config.cfg")
        copy.rename(out)
