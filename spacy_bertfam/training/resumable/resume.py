"""The pipeline of a training that goes on: saved weights, under the config as it is now."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy import util
from spacy.language import Language
from spacy.schemas import ConfigSchema
from spacy.util import registry
from thinc.api import Config

from ...errors import UserError
from .saved_state import PIPELINE

# What may differ from the beginning: where things are, and how training goes on
OPEN_BLOCKS = ("paths", "system", "corpora", "training")
N_SHOWN = 5


def load_pipeline(config: Config, state: Path) -> Language:
    """Load what a training has left, as far as its config still describes it.

    config (Config): of now, not interpolated. Only [paths], [system], [corpora] and [training] may have changed.
    state (Path): folder of a ``SavedState``.
    Raises a UserError where [nlp] or [components] name another pipeline, or texts would come in other batches.
    """
    nlp = util.load_model_from_path(state / PIPELINE)
    differences = list(_differences(config, nlp.config))
    if differences:
        shown = "; ".join(differences[:N_SHOWN]) + ("; ..." if len(differences) > N_SHOWN else "")
        raise UserError(
            f"The config describes another training than the one that was stopped ({shown}); expected the same [nlp], "
            "[components] and [training.batcher]: put them back, or begin anew with --restart."
        )
    filled = _filled(Config(nlp.default_config).merge(config))
    nlp.config = Config({**nlp.config, **{block: filled[block] for block in OPEN_BLOCKS if block in filled}})
    return nlp


def _filled(config: Config) -> Config:
    """RETURNS (Config): with the defaults of all functions, as spaCy fills one that a training begins with; variables
    are still variables."""
    rest: Config = config.copy()
    for block in ("pretraining", "components"):  # spaCy fills these when they are used
        rest.pop(block, None)
    return registry.fill(Config({**rest, "components": {}}, is_interpolated=False), schema=ConfigSchema)


def _differences(now: Config, then: Config) -> Iterator[str]:
    """YIELDS (str): each setting of ``now`` that ``then`` has otherwise; what it leaves to defaults is not compared."""
    here, there = now.interpolate(), then.interpolate()
    for name in ("lang", "pipeline"):
        if here["nlp"].get(name) != there["nlp"].get(name):
            yield f"nlp.{name} is {here['nlp'].get(name)!r}, was {there['nlp'].get(name)!r}"
    for component, block in here.get("components", {}).items():
        # a block may be there that no pipeline names; of a sourced one the config tells only where it came from
        if component in there["nlp"]["pipeline"] and "source" not in block:
            yield from _changed(("components", component), block, there, now, then)
    batcher = here.get("training", {}).get("batcher")
    if batcher is not None:
        yield from _changed(("training", "batcher"), batcher, there, now, then)


def _changed(
    place: tuple[str, ...], here: dict[str, Any], there: Config, now: Config, then: Config
) -> Iterator[str]:
    """YIELDS (str): the settings of a block that differ. One that refers to the same variable in both does not: files
    may have been moved."""
    old = _at(there, place)
    for key, value in here.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            yield from _changed((*place, key), value, there, now, then)
        elif value != old.get(key) and not _is_variable(_at(now, place).get(key), _at(then, place).get(key)):
            yield f"{'.'.join((*place, key))} is {value!r}, was {old.get(key)!r}"


def _is_variable(now: Any, then: Any) -> bool:
    return now == then and isinstance(now, str) and "${" in now


def _at(config: Mapping[str, Any], place: tuple[str, ...]) -> Mapping[str, Any]:
    for name in place:
        found = config.get(name)
        config = found if isinstance(found, Mapping) else {}
    return config
