"""The pipeline of a training that goes on: saved weights, under the config as it is now."""

from collections.abc import Iterator
from pathlib import Path

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
    RAISES (UserError): when [nlp] or [components] name another pipeline, or texts would come in other batches.
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
    """YIELDS (str): each setting of ``now`` that ``then`` has otherwise; what it leaves to defaults is not compared.
    One that refers to the same variable in both is not told: files may have been moved."""
    here, there = now.interpolate(), then.interpolate()
    raw, raw_then, old = util.dict_to_dot(now), util.dict_to_dot(then), util.dict_to_dot(there)
    # a block may be there that no pipeline names; of a sourced one the config tells only where it came from
    sourced = {name for name, block in here.get("components", {}).items() if "source" in block}
    components = set(there["nlp"]["pipeline"]) - sourced
    for place, value in util.dict_to_dot(here).items():
        section, name, *_ = [*place.split("."), ""]
        is_compared = place in ("nlp.lang", "nlp.pipeline") or (section, name) == ("training", "batcher")
        if not is_compared and not (section == "components" and name in components):
            continue
        mine = raw.get(place)
        is_variable = isinstance(mine, str) and "${" in mine and mine == raw_then.get(place)
        if value != old.get(place) and not is_variable:
            yield f"{place} is {value!r}, was {old.get(place)!r}"
