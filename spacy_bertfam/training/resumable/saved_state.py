"""`training-state/` beside model-best and model-last: what a training needs to go on, the last one only.

training-state/step-000400/pipeline/          the weights as they were trained, not their averages
                           state.safetensors  the optimizer's memory and the generators of random numbers
                           state.json         how far the training is
"""

import json
import re
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from spacy.language import Language

from ...errors import UserError
from ...files.saving import replaced_whole
from .randomness import Arrays

FOLDER = "training-state"
PIPELINE, ARRAYS, FIELDS = "pipeline", "state.safetensors", "state.json"
STEP = re.compile(r"step-(\d+)")
GROUPS = ("optimizer", "random", "stream")  # of arrays
VERSION = 1


@dataclass
class Progress:
    """The last step that was taken, and what led to it."""

    step: int = -1
    epoch: int = 0
    words: int = 0
    seconds: float = 0.0
    losses: dict[str, float] = field(default_factory=dict)  # since the last evaluation
    results: list[tuple[float, int]] = field(default_factory=list)  # score and step of each evaluation
    is_evaluated: bool = True  # is the evaluation that is due at this step done?

    def is_over(self, *, patience: int, max_steps: int) -> bool:
        """Whether spaCy ends a training here: 0 for no bound. Of equal scores the earliest counts."""
        if self.step < 0 or not self.results:
            return False
        best_step = -max((score, -step) for score, step in self.results)[1]
        is_stuck = bool(patience) and self.step - best_step >= patience
        return is_stuck or (bool(max_steps) and self.step >= max_steps)

    def info(self, score: float | None = None, scores: dict[str, Any] | None = None) -> dict[str, Any]:
        """RETURNS (dict[str, Any]): what spaCy's loggers are given."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "score": score,
            "other_scores": scores,
            "losses": self.losses,
            "checkpoints": self.results,
            "seconds": int(self.seconds),
            "words": self.words,
        }


@dataclass
class SavedState:
    """A training between two steps, without its pipeline."""

    progress: Progress
    n_read: int  # batches that were drawn
    corpus: str | None  # fingerprint of the training corpus, if it was read to its end
    optimizer: Arrays
    random: Arrays  # generators of random numbers
    stream: Arrays  # the one that batches are drawn from, as it was before the first batch

    def write(self, output: Path, nlp: Language) -> Path:
        """Write it with the pipeline, and remove what was written before. RETURNS (Path): the folder."""
        arrays = {
            f"{group}/{name}": np.asarray(array, order="C")
            for group in GROUPS
            for name, array in getattr(self, group).items()
        }
        progress = asdict(self.progress)
        fields = {"version": VERSION, "progress": progress, "n_read": self.n_read, "corpus": self.corpus}
        place = output / FOLDER / f"step-{max(self.progress.step, 0):06d}"
        with replaced_whole(place) as folder:
            nlp.to_disk(folder / PIPELINE)
            save_file(arrays, folder / ARRAYS)
            (folder / FIELDS).write_text(json.dumps(fields, default=float), encoding="utf8")
        for older in (output / FOLDER).iterdir():
            if older != place:  # also what a killed process had begun to write
                shutil.rmtree(older, ignore_errors=True)
        return place

    @classmethod
    def read(cls, folder: Path) -> "SavedState":
        """Read all but the pipeline. RAISES (UserError): when the files are not what ``write`` leaves."""
        try:
            fields: dict[str, Any] = json.loads((folder / FIELDS).read_text(encoding="utf8"))
            if fields.pop("version") != VERSION:
                raise ValueError("it was written by another version of spacy-bertfam")
            progress = Progress(**fields.pop("progress"))
            progress.results = [(score, step) for score, step in progress.results]  # JSON has lists
            groups: dict[str, Arrays] = {group: {} for group in GROUPS}
            for name, array in load_file(folder / ARRAYS).items():
                group, rest = name.split("/", 1)
                groups[group][rest] = array
            return cls(progress, fields["n_read"], fields["corpus"], **groups)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise UserError(
                f"{folder} cannot be read ({error}); expected what `bertfam train` writes: begin anew with --restart."
            ) from error


def find_state(output: Path) -> Path | None:
    """RETURNS (Path | None): the folder of the last step that was written whole; None where there is none."""
    found = [
        (int(match.group(1)), path)
        for path in (output / FOLDER).glob("step-*")
        if (match := STEP.fullmatch(path.name)) and (path / FIELDS).is_file()
    ]
    return max(found)[1] if found else None


def remove_state(output: Path) -> None:
    """The training has come to its end, or begins anew."""
    shutil.rmtree(output / FOLDER, ignore_errors=True)
