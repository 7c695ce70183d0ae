"""The pipeline of a training that goes on: saved weights, under the config as it is now."""

from pathlib import Path
from typing import Any, Dict, Iterator, List

from spacy import util
from spacy.language import Language
from thinc.api import Config

from ..errors import UserError
from .saved_state import PIPELINE

# What may differ from the beginning: where things are, and how training goes on
OPEN_BLOCKS = ("paths", "system", "corpora", "training")
N_SHOWN = 5


def load_pipeline(config: Config, state: Path) -> Language:
    """Load what a training has left, as far as its config still describes it.

    config (Config): of now, not interpolated. Only [paths], [system], [corpora] and [training] may have changed.
    state (Path): folder of a ``SavedState``.
    Raises a UserError where [nlp] or [components] name another pipeline.
    """
    nlp = util.load_model_from_path(state / PIPELINE)
    differences = list(_differences(config.interpolate(), nlp.config.interpolate()))
    if differences:
        shown = "; ".join(differences[:N_SHOWN]) + ("; ..." if len(differences) > N_SHOWN else "")
        raise UserError(
            f"The config describes another pipeline than the one in training ({shown}); expected the same [nlp] and "
            "[components]: put them back, or begin anew with --restart."
        )
    filled = Config(nlp.default_config).merge(config)
    nlp.config = Config({**nlp.config, **{block: filled[block] for block in OPEN_BLOCKS if block in filled}})
    return nlp


def _differences(now: Config, then: Config) -> Iterator[str]:
    """YIELDS (str): each setting of ``now`` that ``then`` has otherwise; what it leaves to defaults is not compared."""
    for name in ("lang", "pipeline"):
        if now["nlp"].get(name) != then["nlp"].get(name):
            yield f"nlp.{name} is {now['nlp'].get(name)!r}, was {then['nlp'].get(name)!r}"
    for component, block in now.get("components", {}).items():
        # a block may be there that no pipeline names; of a sourced one the config tells only where it came from
        if component in then["nlp"]["pipeline"] and "source" not in block:
            yield from _changed(f"components.{component}", block, then["components"].get(component, {}))


def _changed(name: str, now: Dict[str, Any], then: Dict[str, Any]) -> List[str]:
    found = []
    for key, value in now.items():
        old = then.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            found += _changed(f"{name}.{key}", value, old)
        elif value != old:
            found.append(f"{name}.{key} is {value!r}, was {old!r}")
    return found
