"""Opens folders that its caller names, a line each, and says on standard output how each one ended, as JSON.

A process of its own: some folders may hang it, or take its memory. The kernel ends it after 30 seconds of work at one
folder, or where it takes 8 GB.
"""

import json
import os
import resource
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

MAX_SECONDS = 30
LIMIT = 8 << 30
PACKAGE = f"{os.sep}spacy_bertfam{os.sep}"
TEXTS = (
    "Zo\u00e9 Dupont-Durand habite \u00e0 Saint-\u00c9tienne, depuis 2019.", "", " ", "a",
    "\ufdfa \U0001f600 \u6f22\u5b57 \u0130\u200b", "L'usine d'\u00c9lancourt emploie trois cents ouvriers. " * 12,
    "x" * 300,
)  # fmt: skip


def peak_mb() -> float:
    """The most memory since it was last reset."""
    for line in Path("/proc/self/status").read_text(encoding="utf8").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def read_texts(nlp: Any) -> None:
    """Each alone, and all together; numbers have to be finite."""
    import numpy as np

    for doc in [*map(nlp, TEXTS), *nlp.pipe(TEXTS)]:
        assert np.isfinite(doc.tensor).all(), "vectors that are not finite"
        for ent in doc.ents:
            assert ent._.score is None or 0 <= ent._.score <= 1.0001, "a score that is none"


def open_encoder(folder: Path) -> Any:
    """As training opens it."""
    import spacy

    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", config={"model": {"name": str(folder)}})
    nlp.initialize()
    return nlp


def open_classifier(folder: Path) -> Any:
    """As import-hf opens it."""
    from spacy_bertfam.hub.import_hf import import_hf

    return import_hf(str(folder), lang="fr")


def open_pipeline(folder: Path) -> Any:
    """As a user opens it."""
    import spacy

    return spacy.load(folder)


DOORS: dict[str, Callable[[Path], Any]] = {
    "encoder": open_encoder,
    "classifier": open_classifier,
    "pipeline": open_pipeline,
}


def judge(door: str, folder: Path) -> tuple[str, str]:
    """RETURNS (tuple[str, str]): how it ended, and the error."""
    from spacy_bertfam.errors import UserError

    state = "raw"
    try:
        nlp = DOORS[door](folder)
        state = "fails on a text"
        read_texts(nlp)
    except UserError as error:
        if state != "raw":
            return state, f"UserError: {error}"
        is_sentence = "\n" not in str(error) and len(str(error)) < 2000
        return "refused" if is_sentence else "not a sentence", str(error)
    except BaseException as error:  # what Rust's libraries raise in a panic is no Exception
        frames = traceback.extract_tb(error.__traceback__)
        if isinstance(error, AssertionError) and frames[-1].name == "read_texts":
            state = "not finite"
        elif state == "raw" and not any(PACKAGE in frame.filename for frame in frames):
            state = "of spaCy"
        where = " ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-8:])
        return state, f"{type(error).__module__}.{type(error).__name__}: {str(error)[:300]} @ {where}"
    return "opened", ""


def work_seconds() -> float:
    """What the processor has worked for this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Sound folders first: what libraries take by themselves does not count."""
    # what libraries print is no answer
    answers = os.fdopen(os.dup(1), "w", encoding="utf8")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    for line in sys.stdin:
        case = json.loads(line)
        Path("/proc/self/clear_refs").write_text("5", encoding="utf8")
        before, start = peak_mb(), work_seconds()
        limit = int(start) + case.get("seconds", MAX_SECONDS) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        torch.set_num_threads(1)
        state, error = judge(case["door"], Path(case["folder"]))
        found = {"state": state, "error": error, "mb": peak_mb() - before, "seconds": work_seconds() - start}
        answers.write(json.dumps(found) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
