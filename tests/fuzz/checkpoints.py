"""Mutated checkpoints and pipelines, opened each in a process that is watched: counts how they end.

Usage: python tests/fuzz/checkpoints.py [--n 2000] [--seed 0] [--first 0] [--out cases.jsonl] [--keep FOLDER]
    [--sound FOLDER]
--keep copies each folder that ended as none may; --sound keeps the sound ones, which take a minute to make.

None may work for 30 seconds, take a gigabyte more than a sound one, end in another error than a sentence, or open and
then fail on a text; what does is opened again in a new process. Errors about a pipeline's config.cfg and meta.json that
spaCy raises before anything of this package has run are counted apart.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "gate")]

MAX_MB = 1024.0
LABELS = ["O", "B-PER", "I-PER", "B-LOC"]
ENGINES = (
    ("onnxruntime", "fp32", False), ("onnxruntime", "int8", False), ("onnxruntime", "fp32", True),
    ("openvino", "fp32", False),
)  # fmt: skip
OF_ENGINES = ("fp32", "int8", "alone")
OF_SPACY = ("config.cfg", "meta.json")


def make_sound(
    root: Path, kinds: Iterable[str] = (), engines: Iterable[Any] = ENGINES
) -> list[tuple[str, Path]]:
    """
    root (Path): where they are written, unless they are there.
    kinds (Iterable[str]): of `tests/tiny`, with "bert" first; none is all.
    RETURNS (list[tuple[str, Path]]): the door that opens it, and a folder: one of each kind and form.
    """
    if (root / "sound.json").is_file():
        return [
            (door, root / name) for door, name in json.loads((root / "sound.json").read_text(encoding="utf8"))
        ]
    import spacy
    from checkpoint_edits import split_weights, write_index
    from test_gate_opens_all import in_half_precision, without_fast_tokenizer
    from tiny.folder import make_tiny_token_classifier
    from tiny.kinds import KINDS

    from spacy_bertfam.encoder.checkpoint.checkpoint import without_weights
    from spacy_bertfam.encoder.model import encoder_shim
    from spacy_bertfam.hub.import_hf import import_hf
    from spacy_bertfam.optimize.optimize import Plan, optimize

    found = []
    for kind in kinds or KINDS:
        folder = make_tiny_token_classifier(kind, root / f"classifier-{kind}", LABELS)
        found += [("encoder", folder), ("classifier", folder)]
        pipeline = root / f"pipeline-{kind}"
        import_hf(str(folder), lang="fr").to_disk(pipeline)
        found.append(("pipeline", pipeline))
    forms = {"half": in_half_precision, "slow": without_fast_tokenizer}
    forms["shards"] = lambda folder: write_index(folder, split_weights(folder))
    for form, change in forms.items():
        folder = shutil.copytree(root / "classifier-bert", root / f"classifier-{form}")
        change(folder)
        found += [("encoder", folder), ("classifier", folder)]
    for runtime, precision, drop in engines:
        nlp = spacy.load(root / "pipeline-bert")
        optimize(nlp, Plan(runtime, precision))
        if drop:
            shim = encoder_shim(nlp.get_pipe("encoder").model)
            shim.take(without_weights(shim.loaded))
        folder = root / f"pipeline-{runtime}-{precision}{'-alone' if drop else ''}"
        nlp.to_disk(folder)
        found += [("pipeline", folder)] * 3
    names = [(door, folder.name) for door, folder in found]
    (root / "sound.json").write_text(json.dumps(names), encoding="utf8")
    return found


class Worker:
    """A process that opens folders."""

    def __init__(self, sound: list[tuple[str, Path]]) -> None:
        # a process with threads of an engine cannot have children
        first = [(door, str(folder)) for door, folder in sound if not folder.name.endswith(OF_ENGINES)]
        environment = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
        self.process: Any = subprocess.Popen(
            [sys.executable, str(HERE / "checkpoint_worker.py"), *chain.from_iterable(first)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf8",
            env={**os.environ, **environment},
        )

    def open(self, door: str, folder: Path) -> dict[str, Any]:
        """RETURNS (dict): how it ended."""
        self.process.stdin.write(json.dumps({"door": door, "folder": str(folder)}) + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def close(self) -> None:
        """End the process."""
        self.process.stdin.close()
        self.process.wait()


def run(
    n: int, seed: int, first: int, root: Path, keep: Path | None, sound_root: Path | None
) -> Iterator[dict[str, Any]]:
    """YIELDS (dict): a case and how it ended."""
    from checkpoint_mutations import mutate

    sound = make_sound(sound_root or root / "sound")
    worker = Worker(sound)
    for door, folder in dict.fromkeys(sound):
        found = worker.open(door, folder) if folder.name.endswith(OF_ENGINES) else {"state": "opened"}
        assert found["state"] == "opened", (folder.name, found)
    for number in range(first, first + n):
        rng = random.Random(f"{seed}-{number}")
        door, base = rng.choice(sound)
        folder = shutil.copytree(base, root / "case")
        place, done = mutate(rng, folder)
        about = {"case": number, "door": door, "base": base.name, "file": place, "mutation": done[:200]}
        case = about | worker.open(door, folder)
        if is_fault(case):
            case |= {"before": case["state"], **worker.open(door, folder)}
        if keep is not None and is_fault(case):
            shutil.copytree(folder, keep / str(number), symlinks=True, ignore=_no_pipes)
        shutil.rmtree(folder)
        yield case
    worker.close()


def is_fault(case: dict[str, Any]) -> bool:
    """Whether a case ended as none may."""
    is_of_spacy = case["state"] == "of spaCy" and case["file"] in OF_SPACY
    return not (case["state"] in ("opened", "refused") or is_of_spacy) or case["mb"] > MAX_MB


def _no_pipes(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not (Path(folder, name).is_file() or Path(folder, name).is_dir())]


def main() -> None:
    """Run, print faults as they come and the counts at the end. Exit code 1 where there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--sound", type=Path)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    most = {"mb": 0.0, "seconds": 0.0}
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for case in run(options.n, options.seed, options.first, root, options.keep, options.sound):
            counts[case["state"]] += 1
            counts["over 1 GB"] += case["mb"] > MAX_MB
            counts["faults"] += is_fault(case)
            most = {name: max(value, case[name]) for name, value in most.items()}
            if is_fault(case):
                print(json.dumps(case, ensure_ascii=False), flush=True)
            if options.out is not None:
                with options.out.open("a", encoding="utf8") as file:
                    file.write(json.dumps(case, ensure_ascii=False) + "\n")
    print(dict(counts), {name: round(value, 1) for name, value in most.items()})
    sys.exit(counts["faults"] > 0)


if __name__ == "__main__":
    main()
