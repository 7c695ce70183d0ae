"""`bertfam_encoder`: one encoder for all the heads of a pipeline."""

from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Optional, Union

import srsly
from spacy import util
from spacy.language import Language
from spacy.pipeline.tok2vec import Tok2Vec, Tok2VecListener
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Config, Model

from ..errors import UserError
from .batching import batches

DEFAULT_CONFIG = Config().from_str(
    """
[model]
@architectures = "spacy-bertfam.Encoder.v1"
name = "bert-base-multilingual-cased"
"""
)


@Language.factory("bertfam_encoder", assigns=["doc.tensor"], default_config=dict(DEFAULT_CONFIG))
def make_bertfam_encoder(nlp: Language, name: str, model: Model) -> "BertfamEncoder":
    """Make the shared encoder component.

    model (Model[List[Doc], List[Floats2d]]): a ``spacy-bertfam.Encoder.v1``.
    """
    return BertfamEncoder(nlp.vocab, model, name)


class BertfamEncoder(Tok2Vec):
    """spaCy's ``Tok2Vec`` over an encoder of `transformers`, kept on disk as a plain Hugging Face folder.

    The vectors are left in ``doc.tensor``, one row for each token, where the heads read them and where
    ``doc.vector`` and ``doc.similarity`` find them. ``bertfam_cleaner`` behind the last head drops
    them again.
    """

    def __init__(self, vocab: Vocab, model: Model, name: str = "encoder") -> None:
        from ..encoder.model import MODEL_NAME

        if model.name != MODEL_NAME:
            raise UserError(
                f"Component {name!r} (bertfam_encoder) got the model {model.name!r}; expected an encoder: "
                'set @architectures = "spacy-bertfam.Encoder.v1" in its [model] block.'
            )
        super().__init__(vocab, model, name)

    def add_listener(self, listener: Tok2VecListener, component_name: str) -> None:
        """Link a head, and tell it the width of the vectors."""
        super().add_listener(listener, component_name)
        self._tell_width()

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Set the vectors of each Doc, so many Docs at a time or fewer: a batch is bounded in words too."""
        for docs in batches(stream, batch_size=batch_size):
            yield from super().pipe(docs, batch_size=len(docs))

    def initialize(
        self, get_examples: Callable[[], Iterable[Example]], *, nlp: Optional[Language] = None
    ) -> None:
        """Load the checkpoint that the config names."""
        self.model.initialize()
        self._tell_width()

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        """Write ``config.json``, ``model.safetensors`` and the tokenizer into the folder ``path``."""
        from ..encoder.model import encoder_shim

        path = util.ensure_path(path)
        path.mkdir(parents=True, exist_ok=True)
        srsly.write_json(path / "cfg", self.cfg)
        if "vocab" not in exclude:
            self.vocab.to_disk(path / "vocab", exclude=["strings"])
        if encoder_shim(self.model).checkpoint is not None:
            encoder_shim(self.model).save(path)

    def from_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> "BertfamEncoder":
        """Read what ``to_disk`` wrote, or any other Hugging Face folder of an encoder."""
        from ..encoder.model import encoder_shim, set_width

        path = util.ensure_path(path)
        if (path / "cfg").is_file():
            self.cfg.update(srsly.read_json(path / "cfg"))
        if "vocab" not in exclude and (path / "vocab").exists():
            self.vocab.from_disk(path / "vocab", exclude=["strings"])
        if (path / "config.json").is_file():
            encoder_shim(self.model).load(path)
            set_width(self.model)
            self._tell_width()
        return self

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "BertfamEncoder":
        """Read what ``to_bytes`` returned."""
        super().from_bytes(bytes_data, exclude=exclude)
        self._tell_width()
        return self

    def _tell_width(self) -> None:
        width: Any = self.model.maybe_get_dim("nO")
        for listener in self.listeners:
            if width is not None:
                listener.set_dim("nO", width, force=True)
