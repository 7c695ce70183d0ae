"""The encoders and the recognizers of a pipeline, and where the settings of an encoder stand in its config."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from spacy.language import Language
from spacy.pipeline.textcat import TextCategorizer
from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.tokens import Doc
from thinc.api import Model

from ..data.pairs import first_length
from ..encoder.model import MODEL_NAME, encoder_shim, find_encoders
from ..encoder.shim import EncoderShim
from ..errors import UserError
from ..listeners.doc_vectors import require_one
from ..types import Tok2VecModel
from .encoder import BertfamEncoder
from .ner import BertfamNER
from .qa import BertfamQA

ARCHITECTURE = "spacy-bertfam.Encoder.v1"


class Encoder(NamedTuple):
    """An encoder, shared or a head's own."""

    component: str
    model: Tok2VecModel
    config: dict[str, Any]  # the block that made it, of the pipeline's config: writing to it changes that

    @property
    def shim(self) -> EncoderShim:
        """The network."""
        return encoder_shim(self.model)

    def change_settings(self, **settings: Any) -> None:
        """Change settings for now, and for when the pipeline is saved and loaded again."""
        self.shim.change_settings(**settings)
        self.config.update(settings)


def encoders_of(nlp: Language) -> list[Encoder]:
    """RETURNS (list[Encoder]): at least one. RAISES (UserError): when the pipeline has none of ours."""
    found = []
    for name in nlp.component_names:
        model = getattr(nlp.get_pipe(name), "model", None)
        if isinstance(model, Model):
            all_blocks = (block for _, block in walk_blocks(nlp.get_pipe_config(name)))
            blocks = (block for block in all_blocks if block.get("@architectures") == ARCHITECTURE)
            found += [Encoder(name, *pair) for pair in zip(find_encoders(model), blocks, strict=False)]
    if not found:
        raise UserError(
            f"The pipeline ({', '.join(nlp.component_names) or 'no components'}) has no encoder of its own kind; "
            f"expected a bertfam_encoder, or a component with {ARCHITECTURE} in its model."
        )
    return found


def walk_blocks(config: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk through the blocks of a config, outer ones first.

    config (Any): a config or a block; anything else has no blocks.
    YIELDS (tuple[str, dict]): the dotted name of a block, below that of ``config``, and the block.
    """
    if isinstance(config, dict):
        yield place, config
        for name, value in config.items():
            yield from walk_blocks(value, f"{place}.{name}" if place else str(name))


def find_ner(nlp: Language, component: str | None = None) -> BertfamNER:
    """RETURNS (BertfamNER): the component of that name, or the only one."""
    return cast(BertfamNER, _find_pipe(nlp, component, (BertfamNER,), "bertfam_ner"))


def answering(nlp: Language) -> list[BertfamQA]:
    """RETURNS (list[BertfamQA]): the components that answer, of a pipeline that has no recognizer; else none."""
    pipes = [pipe for _, pipe in nlp.pipeline]
    has_ner = any(isinstance(pipe, BertfamNER) for pipe in pipes)
    return [] if has_ner else [pipe for pipe in pipes if isinstance(pipe, BertfamQA)]


def find_answering(nlp: Language, docs: Sequence[Doc]) -> BertfamQA | None:
    """RETURNS (BertfamQA | None): the first component that answers questions whose answers are in ``docs``; where there
    are none, and no entities either, the first one of a pipeline without a recognizer."""
    pipes = [pipe for _, pipe in nlp.pipeline if isinstance(pipe, BertfamQA)]
    asked = (pipe for pipe in pipes if any(first_length(doc) and pipe.spans_key in doc.spans for doc in docs))
    others = [] if any(doc.ents for doc in docs) else answering(nlp)
    return next(asked, next(iter(others), None))


def find_qa(nlp: Language, name: str) -> BertfamQA:
    """RETURNS (BertfamQA): the first component that answers. RAISES (UserError): when the pipeline, of that name, has
    none."""
    found = next((pipe for _, pipe in nlp.pipeline if isinstance(pipe, BertfamQA)), None)
    if found is None:
        raise UserError(
            f"{name} has no bertfam_qa ({', '.join(nlp.pipe_names) or 'it is empty'}); expected a pipeline that "
            "answers questions."
        )
    return found


def find_calibrated(nlp: Language, component: str | None = None) -> BertfamNER | BertfamQA:
    """RETURNS (BertfamNER | BertfamQA): a component whose scores have a temperature; without a name the only
    recognizer, or where there is none the only one that answers."""
    if component is None and not answering(nlp):
        return find_ner(nlp)
    found = _find_pipe(nlp, component, (BertfamNER, BertfamQA), "bertfam_ner or bertfam_qa")
    return cast(BertfamNER | BertfamQA, found)


def find_head(nlp: Language, component: str | None = None) -> Any:
    """RETURNS (BertfamNER | BertfamQA | TextCategorizer): a component whose head `transformers` has a place for;
    without a name it is "ner", or the only one."""
    kinds = (BertfamNER, BertfamQA, TextCategorizer)
    component = "ner" if component is None and "ner" in nlp.pipe_names else component
    return _find_pipe(nlp, component, kinds, "bertfam_ner, bertfam_qa or textcat")


def _find_pipe(nlp: Language, component: str | None, kinds: tuple[type, ...], expected: str) -> Any:
    found = {name: pipe for name, pipe in nlp.pipeline if isinstance(pipe, kinds)}
    names = list(found) if component is None else [name for name in found if name == component]
    if len(names) != 1:
        asked = "the pipeline has" if component is None else f"{component!r} was asked for, the pipeline has"
        do = "name one (component=..., in commands --component)" if found else "give a pipeline that has one"
        raise UserError(
            f"Expected one {expected}, {asked} {', '.join(found) or 'none'}: {do}, and see that it is enabled "
            f"(nlp.pipe_names: {', '.join(nlp.pipe_names) or 'empty'})."
        )
    return found[names[0]]


def find_encoder(nlp: Language, ner: Any) -> Tok2VecModel:
    """RETURNS (Model): the ``spacy-bertfam.Encoder.v1`` that the component reads, its own or a shared one.

    ner (BertfamNER | BertfamQA | TextCategorizer): or another component whose model has a ``tok2vec``.
    """
    tok2vec: Tok2VecModel = ner.model.get_ref("tok2vec")
    if tok2vec.name == MODEL_NAME:
        return tok2vec
    if isinstance(tok2vec, Tok2VecListener):
        found = {
            name: pipe.model
            for name, pipe in nlp.pipeline
            if isinstance(pipe, BertfamEncoder) and any(tok2vec is listener for listener in pipe.listeners)
        }
        require_one(list(found), ner.name)
        if found:
            return found.popitem()[1]
    raise UserError(
        f"Component {ner.name!r} reads its vectors from {tok2vec.name!r}, and no bertfam_encoder of the pipeline "
        "feeds it. Expected a spacy-bertfam.Encoder.v1, its own or an enabled bertfam_encoder's."
    )


def n_bytes_of(nlp: Language) -> int:
    """RETURNS (int): of the folder that a pipeline was loaded from; 0 of one that is in memory alone."""
    files = Path(nlp.path).rglob("*") if nlp.path else ()
    return sum(file.stat().st_size for file in files if file.is_file())
