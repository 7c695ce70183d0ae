"""The config of an adopted pipeline: the same one, with the encoder exchanged and every listener rewired."""

from typing import Any, Dict, NamedTuple

from spacy.language import Language
from thinc.api import Config

from ...errors import UserError
from ...listeners.foreign import FOREIGN
from .listeners import Ear, common_pooling, find_ears, find_foreign, rewire_config

FOREIGN_PACKAGES = tuple(listener.package for listener in FOREIGN.values())


class Plan(NamedTuple):
    """What is to be done with a pipeline."""

    config: Config  # of the new pipeline
    ears: Dict[str, int]  # component -> its listeners


def plan_adoption(nlp: Language, encoder: str) -> Plan:
    """
    encoder (str): name of the component to exchange.
    Raises a UserError where something of the two packages would be left, or does not fit.
    """
    config = nlp.config.copy()
    components = nlp.config.interpolate()["components"]
    ears = find_ears({name: block for name, block in components.items() if name != encoder}, encoder)
    model = encoder_block(components[encoder], nlp, common_pooling(ears))
    rewire_config(ears, encoder)
    components[encoder] = {"factory": "bertfam_encoder", "model": model}
    config["components"] = components
    # its loaders belong to the package
    config["initialize"].get("components", {}).pop(encoder, None)
    for place, name in find_foreign(config):
        raise UserError(
            f"The pipeline's config has {name!r} in [{place}], which has no counterpart here; expected the encoder and "
            "listeners to its last layer to be all that comes from that package: take that block out, or keep the "
            "pipeline as it is."
        )
    return Plan(config, _count(ears))


def encoder_block(old: Dict[str, Any], nlp: Language, pooling: str) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): the [model] block of the new encoder; windows are those of the defaults."""
    name = old["model"].get("name") or f"{nlp.meta['lang']}_{nlp.meta['name']}"
    return {"@architectures": "spacy-bertfam.Encoder.v1", "name": str(name), "pooling": pooling}


def clean_meta(nlp: Language) -> None:
    """Drop the two packages from what a package of the pipeline would require; ours is added by `spacy package`."""
    kept = [line for line in nlp.meta.get("requirements", []) if not line.startswith(FOREIGN_PACKAGES)]
    nlp.meta["requirements"] = kept


def _count(ears: "list[Ear]") -> Dict[str, int]:
    found: Dict[str, int] = {}
    for ear in ears:
        found[ear.component] = found.get(ear.component, 0) + 1
    return found
