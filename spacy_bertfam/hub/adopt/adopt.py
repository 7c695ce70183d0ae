"""A pipeline on an encoder of spacy-transformers or spacy-curated-transformers -> the same on `bertfam_encoder`."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import spacy
from spacy.language import Language
from thinc.api import Config, Model

from ...errors import UserError
from ...listeners.foreign import FOREIGN, package_of
from ...listeners.listener import EncoderListener
from .compare import Difference, compare, read, read_in_one_window
from .from_curated import write_curated
from .from_transformers import write_transformer
from .listeners import (
    common_pooling,
    find_foreign,
    find_listeners,
    listener_nodes,
    rewire_config,
    rewire_model,
)

FOREIGN_PACKAGES = tuple(listener.package for listener in FOREIGN.values())
# Rounding differs from one order of the same sums to another
TOLERANCE = 1e-3


class Adopted(NamedTuple):
    """The new pipeline, and how it differs from what it was."""

    nlp: Language
    difference: Difference


def adopt(nlp: Language, texts: Sequence[str], *, tolerance: float = TOLERANCE) -> Adopted:
    """Exchange the encoder of a pipeline, weights and all, and rewire the heads that listen to it.

    nlp (Language): its heads are rewired in place: do not use it any more.
    texts (Sequence[str]): both pipelines read them.
    tolerance (float): the largest difference that a number in a token vector may have, in texts of one window.
    RAISES (UserError): at what cannot be carried over, and when the vectors differ by more.
    """
    encoder = find_foreign_encoder(nlp)
    config, n_listeners = plan_adoption(nlp, encoder)
    head = next(iter(n_listeners))
    before = read(nlp, encoder, _first_listener(nlp, head), texts)
    old_model = _model_of(nlp, encoder)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "pipeline"
        _write(nlp, encoder, config, n_listeners, folder)
        new = spacy.load(folder)
    # what a package of the pipeline would require; ours is added by `spacy package`
    required = new.meta.get("requirements", [])
    new.meta["requirements"] = [line for line in required if not line.startswith(FOREIGN_PACKAGES)]
    after = read(new, encoder, _first_listener(new, head), texts)
    whole = read_in_one_window(old_model, _model_of(new, encoder), [new.make_doc(text) for text in texts])
    difference = compare(before, after, whole)
    if difference.in_window > tolerance:
        raise UserError(
            f"Token vectors of the new encoder differ from those of the old one by up to {difference.in_window:.1e} in "
            f"texts of one window; expected at most {tolerance:g}: look at the texts, and give a larger --tolerance to "
            "take the pipeline all the same."
        )
    return Adopted(new, difference)


def plan_adoption(nlp: Language, encoder: str) -> tuple[Config, Counter[str]]:
    """Make the config of the new pipeline; its windows are those of the defaults.

    encoder (str): name of the component to exchange.
    RETURNS (tuple[Config, Counter[str]]): the config, and how many listeners each component has.
    RAISES (UserError): when something of the two packages would be left, or does not fit.
    """
    config = nlp.config.copy()
    components: dict[str, Any] = nlp.config.interpolate()["components"]
    heads = {name: block for name, block in components.items() if name != encoder}
    listeners = find_listeners(heads, encoder)
    name = components[encoder]["model"].get("name") or f"{nlp.meta['lang']}_{nlp.meta['name']}"
    pooling = common_pooling(listeners)
    model = {"@architectures": "spacy-bertfam.Encoder.v1", "name": str(name), "pooling": pooling}
    rewire_config(listeners, encoder)
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
    return config, Counter(listener.component for listener in listeners)


def find_foreign_encoder(nlp: Language) -> str:
    """RETURNS (str): name of the component from one of the two packages. RAISES (UserError): when there is not one."""
    found = [name for name, component in nlp.components if package_of(component) is not None]
    if len(found) != 1:
        listed = ", ".join(f"{name} ({nlp.get_pipe_meta(name).factory})" for name in nlp.component_names)
        raise UserError(
            f"The pipeline has {len(found) or 'no'} encoders of spacy-transformers or spacy-curated-transformers: "
            f"{listed}; expected one `transformer` or `curated_transformer` to adopt."
        )
    return found[0]


def _write(nlp: Language, encoder: str, config: Config, n_listeners: Counter[str], folder: Path) -> None:
    """Write the new pipeline: its config, the new encoder, and everything else as it is."""
    model = _model_of(nlp, encoder)
    for name, n_expected in n_listeners.items():
        n = rewire_model(_model_of(nlp, name), encoder, model.get_dim("nO"))
        if n != n_expected:
            raise UserError(
                f"Component {name!r} has {n} listeners in its network and {n_expected} in its config; expected as "
                "many: the pipeline was changed in memory, save it and load it again."
            )
    nlp.to_disk(folder, exclude=[encoder])
    config.to_disk(folder / "config.cfg")
    if package_of(nlp.get_pipe(encoder)) == "spacy_curated_transformers":
        model_config = nlp.config.interpolate()["components"][encoder]["model"]
        write_curated(model, model_config, folder / encoder)
    else:
        write_transformer(model, folder / encoder)


def _model_of(nlp: Language, component: str) -> Model[Any, Any]:
    pipe: Any = nlp.get_pipe(component)
    return cast(Model[Any, Any], pipe.model)


def _first_listener(nlp: Language, component: str) -> Model[Any, Any]:
    model = _model_of(nlp, component)
    ours = [node for node in model.walk() if isinstance(node, EncoderListener)]
    return [*listener_nodes(model), *ours][0]
