"""Opens folders that its caller names, a line each, and says on standard output how each one ended, as JSON.

Some folders hang a process, or take its memory: each that goes on does it in a child of this one, which the kernel ends
after 30 seconds of work at one folder; a new one is made where that happens, and after each fault. The arguments are
sound folders with their doors, opened before any child is made: what libraries take by themselves does not count.
"""

import json
import os
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

MAX_SECONDS, MAX_WAIT = 30, 600  # of work; by the clock, for one that waits for a pipe
LIMIT = 8 << 30
AGAIN = 3  # code of a child after which there is another
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


def serve(answers: TextIO) -> None:
    """Answer each line, up to the first fault."""
    for line in iter(sys.stdin.readline, ""):
        case = json.loads(line)
        Path("/proc/self/clear_refs").write_text("5", encoding="utf8")
        before, start = peak_mb(), work_seconds()
        resource.setrlimit(resource.RLIMIT_CPU, (int(start) + MAX_SECONDS + 1, resource.RLIM_INFINITY))
        signal.alarm(MAX_WAIT)
        state, error = judge(case["door"], Path(case["folder"]))
        signal.alarm(0)
        answer(answers, state, error, mb=peak_mb() - before, seconds=work_seconds() - start)
        if state not in ("opened", "refused", "of spaCy"):
            os._exit(AGAIN)
    os._exit(0)


def answer(answers: TextIO, state: str, error: str, *, mb: float = 0.0, seconds: float = 0.0) -> None:
    """Write how a folder ended."""
    answers.write(json.dumps({"state": state, "error": error, "mb": mb, "seconds": seconds}) + "\n")
    answers.flush()


def main() -> None:
    """One child after another."""
    # what libraries print is no answer
    answers = os.fdopen(os.dup(1), "w", encoding="utf8")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    for package in ("onnxruntime", "openvino"):  # imported, without the threads that they run graphs in
        with suppress(ImportError):
            __import__(package)
    for door, folder in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        assert judge(door, Path(folder)) == ("opened", ""), folder
    while True:
        child = os.fork()
        if not child:
            serve(answers)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code == 0:
            return
        if code != AGAIN:
            answer(answers, "hung" if -code in (signal.SIGXCPU, signal.SIGALRM) else "died", f"exit {code}")


if __name__ == "__main__":
    main()
