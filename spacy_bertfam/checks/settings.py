"""Does the config hold what spaCy needs? Its blocks are resolved as training would resolve them."""

from typing import Iterator

from spacy.schemas import ConfigSchemaTraining
from spacy.util import registry
from thinc.api import ConfigValidationError
from thinc.config import Config

from ..errors import UserError
from .finding import FAILS, Finding
from .setup import Setup


def check_settings(setup: Setup) -> Iterator[Finding]:
    """An empty pipeline, components without a block, a [training] block that spaCy would refuse."""
    if not setup.components:
        yield Finding(FAILS, "a pipeline without components", "nlp.pipeline", do="Name them there.")
    for name, block in setup.components.items():
        if not block:
            yield Finding(FAILS, "a component without a block", name, do=f"Add [components.{name}].")
        elif "source" in block and "factory" not in block:
            yield Finding(
                FAILS, f"a source that is not there: {block['source']}", name,
                do="Install that pipeline, or give its folder.",
            )  # fmt: skip
    for name in setup.frozen():
        if name not in setup.components:
            yield Finding(
                FAILS, f"a frozen component that the pipeline does not have: {name}", "training.frozen_components",
                do="Correct the name, or take it out.",
            )  # fmt: skip
    if not setup.training:
        yield Finding(
            FAILS, "no block [training]", str(setup.path), do="Make one by `spacy init fill-config`."
        )
        return
    try:
        registry.resolve(Config(setup.config)["training"], schema=ConfigSchemaTraining)
    except (ConfigValidationError, UserError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        yield Finding(FAILS, "settings that spaCy refuses", "training", do=reason[:300])
