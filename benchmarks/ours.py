"""`spacy train` with the recipe of the plain loop: ours, and spacy-transformers with spaCy's NER."""

import sys
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from spacy.util import load_config
from thinc.api import Config

from benchmarks.child import run_logged
from benchmarks.foreign import TRF_CONFIG, TRF_NER
from benchmarks.plain_loop import Recipe

CONFIG = Path(__file__).parent.parent / "configs" / "ner_shared.cfg"
HEADS = {"linear": "spacy-bertfam.TokenClassifier.v1", "CRF": "spacy-bertfam.CRFTokenClassifier.v1"}
# Docs of the dev part that are scored while training runs, only to see that it runs
N_WATCHED = 20
STEP_TIMER = Path(__file__).parent / "step_timer.py"


def with_recipe(
    path: Path,
    corpus: dict[str, Path],
    encoder: Path,
    recipe: Recipe,
    *,
    lang: str,
    n_units: int,
    timing: Path,
) -> Config:
    """A config of the project with everything of the recipe in it.

    corpus (dict[str, Path]): the `.spacy` files of "train" and "dev".
    n_units (int): Docs in the training corpus; steps and warm-up are counted from them.
    timing (Path): where the step timer leaves its figures.
    """
    config = load_config(path)
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
    return config


def make_config(
    *arguments: Any,
    head: str = "linear",
    n_layers: int | None = None,
    teachers: Sequence[Path] = (),
    **options: Any,
) -> Config:
    """The shared config of the project; arguments and options as those of ``with_recipe``.

    head (str): one of HEADS.
    teachers (Sequence[Path]): pipelines that teach beside the annotation.
    """
    config = with_recipe(CONFIG, *arguments, **options)
    config["components"]["ner"]["model"]["@architectures"] = HEADS[head]
    config["components"]["encoder"]["model"]["n_layers"] = n_layers
    if teachers:
        paths = [str(path) for path in teachers]
        config["training"]["before_update"] = {"@callbacks": "spacy-bertfam.distil.v1", "teacher": paths}
    return config


def make_trf_config(corpus: dict[str, Path], encoder: Path, recipe: Recipe, **options: Any) -> Config:
    """Corpus, batches, steps and schedule are those of ``with_recipe``; components and optimizer are spaCy's own.

    The windows are those of spaCy's templates: 128 pieces, 96 further each time.
    """
    config = with_recipe(CONFIG, corpus, encoder, recipe, **options)
    config["nlp"]["pipeline"] = ["transformer", "ner"]
    transformer, ner = deepcopy(TRF_CONFIG), deepcopy(TRF_NER)
    transformer["model"]["name"] = str(encoder)
    ner["model"]["tok2vec"]["grad_factor"] = 1.0
    config["components"] = {
        "transformer": {"factory": "transformer", **transformer},
        "ner": {"factory": "ner", **ner},
    }
    config["initialize"]["components"] = {}  # settings of our recognizer
    config["training"]["optimizer"] = {
        "@optimizers": "Adam.v1",
        "beta1": 0.9,
        "beta2": 0.999,
        "L2_is_weight_decay": True,
        "L2": recipe.weight_decay,
        "grad_clip": recipe.grad_clip,
        "use_averages": False,
        "eps": 1e-8,
        "learn_rate": config["training"]["optimizer"]["learn_rate"],
    }
    return config


def run_spacy_train(config: Config, output: Path, log: Path) -> None:
    """Run `python -m spacy train`; raises a CalledProcessError where it fails.

    output (Path): receives ``model-last``, ``model-best`` and the config.
    """
    output.mkdir(parents=True, exist_ok=True)
    config.to_disk(output / "train.cfg")
    command: list[Any] = [sys.executable, "-m", "spacy", "train", output / "train.cfg"]
    command += ["--output", output, "--code", STEP_TIMER]
    run_logged(command, log)
