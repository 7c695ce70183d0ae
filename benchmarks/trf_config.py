"""spacy-transformers with spaCy's transition-based NER, as a config of `spacy train` with the benchmark's recipe."""

from copy import deepcopy
from pathlib import Path
from typing import Any, Dict

from thinc.api import Config

from benchmarks.foreign import TRF_CONFIG, TRF_NER
from benchmarks.ours import make_config
from benchmarks.plain_loop import Recipe


def make_trf_config(corpus: Dict[str, Path], encoder: Path, recipe: Recipe, **options: Any) -> Config:
    """Corpus, batches, steps and schedule are those of ``make_config``; components and optimiser are spaCy's own.

    The windows are those of spaCy's templates: 128 pieces, 96 further each time.
    options (Any): of ``make_config``.
    """
    config = make_config(corpus, encoder, recipe, **options)
    config["nlp"]["pipeline"] = ["transformer", "ner"]
    transformer, ner = deepcopy(TRF_CONFIG), deepcopy(TRF_NER)
    transformer["model"]["name"] = str(encoder)
    ner["model"]["tok2vec"]["grad_factor"] = 1.0
    config["components"] = {
        "transformer": {"factory": "transformer", **transformer},
        "ner": {"factory": "ner", **ner},
    }
    config["initialize"]["components"] = {}  # settings of our recogniser
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
