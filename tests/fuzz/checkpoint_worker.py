"""Opens folders that its caller names, a line each, and says on standard output how each one ended, as JSON.

A process of its own: some folders may hang it, or take its memory.
"""

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIMIT = 8 << 30
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
        return "refused" if "\n" not in str(error) and len(str(error)) < 2000 else "not a sentence", str(
            error
        )
    except BaseException as error:
        if isinstance(error, AssertionError) and "finite" in str(error):
            state = "not finite"
        import traceback

        where = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
        return (
            state,
            f"{type(error).__module__}.{type(error).__name__}: {str(error)[:300]} @ {' '.join(where[-6:])}",
        )
    return "opened", ""


def main() -> None:
    """Sound folders first: what libraries take by themselves does not count."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    for line in sys.stdin:
        case = json.loads(line)
        Path("/proc/self/clear_refs").write_text("5", encoding="utf8")
        before, start = peak_mb(), time.perf_counter()
        torch.set_num_threads(1)
        state, error = judge(case["door"], Path(case["folder"]))
        found = {
            "state": state,
            "error": error,
            "mb": peak_mb() - before,
            "seconds": time.perf_counter() - start,
        }
        sys.__stdout__.write(json.dumps(found) + "\n")
        sys.__stdout__.flush()


if __name__ == "__main__":
    main()
