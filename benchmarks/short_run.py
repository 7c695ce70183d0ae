"""A short `spacy train` with one of the project's configs: a fixed number of steps, and the last weights."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict

from spacy.util import load_config
from thinc.api import Config

from benchmarks.ours import run_spacy_train

CONFIGS = Path(__file__).parent.parent / "configs"


@dataclass(frozen=True)
class ShortRun:
    """What is the same for every training of a benchmark."""

    encoder: Path
    steps: int = 200
    words: int = 600  # a step
    learn_rate: float = 1e-4
    frozen_layers: int = 0
    seed: int = 0


def short_config(name: str, run: ShortRun, timing: Path, **overrides: Any) -> Config:
    """A config of the project with the recipe in it.

    name (str): of a file in configs/.
    timing (Path): where the step timer leaves its figures.
    overrides (Any): values by dotted path, as `spacy train` takes them.
    """
    values = {
        "paths.encoder": str(run.encoder),
        "components.encoder.model.frozen_layers": run.frozen_layers,
        "system.seed": run.seed,
        "training.max_steps": run.steps,
        "training.patience": 0,
        "training.eval_frequency": run.steps,
        "training.batcher": {
            "@batchers": "spacy.batch_by_words.v1",
            "size": run.words,
            "tolerance": 0.2,
            "discard_oversize": False,
            "get_length": None,
        },
        "training.optimizer.learn_rate.initial_rate": run.learn_rate,
        "training.optimizer.learn_rate.warmup_steps": run.steps // 10,
        "training.optimizer.learn_rate.total_steps": run.steps,
        "training.logger": {"@loggers": "benchmarks.StepTimer.v1", "output": str(timing)},
        **overrides,
    }
    config = load_config(CONFIGS / f"{name}.cfg")
    for path, value in values.items():
        set_value(config, path, value)
    return config


def set_value(config: Config, path: str, value: Any) -> None:
    """Set one value; a KeyError where the config has no such block."""
    *blocks, key = path.split(".")
    place: Dict[str, Any] = config
    for block in blocks:
        place = place[block]
    place[key] = value


def train(config: Config, output: Path) -> Path:
    """Train unless that is done. RETURNS (Path): the pipeline with the last weights."""
    trained = output / "model-last"
    if not trained.is_dir():
        run_spacy_train(config, output, output.with_suffix(".log"))
    return trained
