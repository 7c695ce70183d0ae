"""A pipeline on an encoder of spacy-transformers or spacy-curated-transformers -> the same on `bertfam_encoder`."""

import tempfile
from pathlib import Path
from typing import Any, NamedTuple, Sequence

import spacy
from spacy.language import Language
from thinc.api import Model

from ...errors import UserError
from ...listeners.foreign import package_of
from ...listeners.listener import EncoderListener
from .compare import Difference, Reading, compare, read, read_in_one_window
from .config import Plan, clean_meta, plan_adoption
from .from_curated import write_curated
from .from_transformers import write_transformer
from .listeners import listener_nodes, rewire_model

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
    Raises a UserError at what cannot be carried over, and where the vectors differ by more.
    """
    encoder = find_foreign_encoder(nlp)
    plan = plan_adoption(nlp, encoder)
    head = next(iter(plan.ears))
    before = read(nlp, encoder, _first_listener(nlp, head), texts)
    old: Any = nlp.get_pipe(encoder)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "pipeline"
        _write(nlp, encoder, plan, folder)
        new = spacy.load(folder)
    clean_meta(new)
    difference = _compare(before, new, old.model, encoder, head, texts)
    if difference.in_window > tolerance:
        raise UserError(
            f"Token vectors of the new encoder differ from those of the old one by up to {difference.in_window:.1e} in "
            f"texts of one window; expected at most {tolerance:g}: look at the texts, and give a larger --tolerance to "
            "take the pipeline all the same."
        )
    return Adopted(new, difference)


def find_foreign_encoder(nlp: Language) -> str:
    """RETURNS (str): name of the only component from one of the two packages. Raises a UserError."""
    found = [name for name, component in nlp.components if package_of(component) is not None]
    if len(found) != 1:
        listed = ", ".join(f"{name} ({nlp.get_pipe_meta(name).factory})" for name in nlp.component_names)
        raise UserError(
            f"The pipeline has {len(found) or 'no'} encoders of spacy-transformers or spacy-curated-transformers: "
            f"{listed}; expected one `transformer` or `curated_transformer` to adopt."
        )
    return found[0]


def _write(nlp: Language, encoder: str, plan: Plan, folder: Path) -> None:
    """Write the new pipeline: its config, the new encoder, and everything else as it is."""
    component: Any = nlp.get_pipe(encoder)
    width = component.model.get_dim("nO")
    for name, n_expected in plan.ears.items():
        head: Any = nlp.get_pipe(name)
        n = rewire_model(head.model, encoder, width)
        if n != n_expected:
            raise UserError(
                f"Component {name!r} has {n} listeners in its network and {n_expected} in its config; expected as "
                "many: the pipeline was changed in memory, save it and load it again."
            )
    nlp.to_disk(folder, exclude=[encoder])
    plan.config.to_disk(folder / "config.cfg")
    if package_of(component) == "spacy_curated_transformers":
        model_config = nlp.config.interpolate()["components"][encoder]["model"]
        write_curated(component.model, model_config, folder / encoder)
    else:
        write_transformer(component.model, folder / encoder)


def _compare(
    before: Reading, new: Language, old_model: Model, encoder: str, head: str, texts: Sequence[str]
) -> Difference:
    component: Any = new.get_pipe(encoder)
    after = read(new, encoder, _first_listener(new, head), texts)
    whole = read_in_one_window(old_model, component.model, [new.make_doc(text) for text in texts])
    return compare(before, after, whole)


def _first_listener(nlp: Language, component: str) -> Model:
    pipe: Any = nlp.get_pipe(component)
    ours = [node for node in pipe.model.walk() if isinstance(node, EncoderListener)]
    return [*listener_nodes(pipe.model), *ours][0]
