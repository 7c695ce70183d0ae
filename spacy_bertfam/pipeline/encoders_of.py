"""The encoders of a pipeline: where they stand in it, and where their settings stand in its config."""

from typing import Any, Dict, Iterator, List, NamedTuple

from spacy.language import Language
from thinc.api import Model

from ..encoder.model import encoder_shim, find_encoders
from ..encoder.shim import EncoderShim
from ..errors import UserError

ARCHITECTURE = "spacy-bertfam.Encoder.v1"


class Encoder(NamedTuple):
    """An encoder, shared or a head's own."""

    component: str
    model: Model
    config: Dict[
        str, Any
    ]  # the block of the pipeline's config that made it; writing to it changes the config

    @property
    def shim(self) -> EncoderShim:
        """The network."""
        return encoder_shim(self.model)

    def change_settings(self, **settings: Any) -> None:
        """Change settings for now, and for when the pipeline is saved and loaded again."""
        self.shim.change_settings(**settings)
        self.config.update(settings)


def encoders_of(nlp: Language) -> List[Encoder]:
    """RETURNS (List[Encoder]): at least one. Raises a UserError where the pipeline has none of ours."""
    found = []
    for name in nlp.component_names:
        model = getattr(nlp.get_pipe(name), "model", None)
        if isinstance(model, Model):
            blocks = _blocks(nlp.get_pipe_config(name))
            found += [Encoder(name, *pair) for pair in zip(find_encoders(model), blocks, strict=False)]
    if not found:
        raise UserError(
            f"The pipeline ({', '.join(nlp.component_names) or 'no components'}) has no encoder of its own kind; "
            f"expected a bertfam_encoder, or a component with {ARCHITECTURE} in its model."
        )
    return found


def _blocks(config: Any) -> Iterator[Dict[str, Any]]:
    if isinstance(config, dict):
        if config.get("@architectures") == ARCHITECTURE:
            yield config
        for value in config.values():
            yield from _blocks(value)
