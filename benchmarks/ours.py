"""Our side of the comparison: `spacy train` with the project's own config and the recipe of the plain loop."""

import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from spacy.util import load_config
from thinc.api import Config

from benchmarks.child import run_logged
from benchmarks.plain_loop import Recipe

CONFIG = Path(__file__).parent.parent / "configs" / "ner_shared.cfg"
HEADS = {"linear": "spacy-bertfam.TokenClassifier.v1", "CRF": "spacy-bertfam.CRFTokenClassifier.v1"}
# Docs of the dev part that are scored while training runs, only to see that it runs
N_WATCHED = 20
STEP_TIMER = Path(__file__).parent / "step_timer.py"


def make_config(
    corpus: Dict[str, Path],
    encoder: Path,
    recipe: Recipe,
    *,
    lang: str,
    n_units: int,
    timing: Path,
    head: str = "linear",
    window: Optional[int] = None,
    overlap: Optional[int] = None,
    n_layers: Optional[int] = None,
    teachers: Sequence[Path] = (),
) -> Config:
    """The shared config of the project with everything of the recipe in it.

    corpus (Dict[str, Path]): the `.spacy` files of "train" and "dev".
    n_units (int): Docs in the training corpus; steps and warm-up are counted from them.
    timing (Path): where the step timer leaves its figures.
    head (str): one of HEADS.
    teachers (Sequence[Path]): pipelines that teach beside the annotation.
    """
    config = load_config(CONFIG)
    n_steps = -(-n_units // recipe.batch_size) * recipe.epochs
    config["paths"].update(train=str(corpus["train"]), dev=str(corpus["dev"]), encoder=str(encoder))
    config["nlp"]["lang"] = lang
    config["system"]["seed"] = recipe.seed
    training = config["training"]
    training.update(max_epochs=recipe.epochs, max_steps=n_steps, patience=0, accumulate_gradient=1)
    training["eval_frequency"] = max(1, n_steps // recipe.epochs)
    training["batcher"] = {"@batchers": "spacy.batch_by_sequence.v1", "size": recipe.batch_size}
    training["optimizer"].update(weight_decay=recipe.weight_decay, grad_clip=recipe.grad_clip)
    training["optimizer"]["learn_rate"] = {
        "@schedules": "warmup_linear.v1",
        "initial_rate": recipe.learn_rate,
        "warmup_steps": int(recipe.warmup * n_steps),
        "total_steps": n_steps,
    }
    training["logger"] = {"@loggers": "benchmarks.StepTimer.v1", "output": str(timing)}
    config["corpora"]["dev"]["limit"] = N_WATCHED
    config["components"]["ner"]["model"]["@architectures"] = HEADS[head]
    model = config["components"]["encoder"]["model"]
    asked = {"window": window, "overlap": overlap, "n_layers": n_layers}
    model.update({k: v for k, v in asked.items() if v is not None})
    if teachers:
        paths = [str(path) for path in teachers]
        training["before_update"] = {"@callbacks": "spacy-bertfam.distil.v1", "teacher": paths}
    return config


def run_spacy_train(config: Config, output: Path, log: Path) -> None:
    """Run `python -m spacy train`; raises a CalledProcessError where it fails.

    output (Path): receives ``model-last``, ``model-best`` and the config.
    """
    output.mkdir(parents=True, exist_ok=True)
    config.to_disk(output / "train.cfg")
    command: List[Any] = [sys.executable, "-m", "spacy", "train", output / "train.cfg"]
    command += ["--output", output, "--code", STEP_TIMER]
    run_logged(command, log)
