"""`bertfam_encoder`: one encoder for all the heads of a pipeline."""

from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Union

import srsly
from spacy.language import Language
from spacy.pipeline.tok2vec import Tok2Vec, Tok2VecListener
from spacy.tokens import Doc
from spacy.training import Example, validate_examples
from spacy.vocab import Vocab
from thinc.api import Config, Model, Optimizer

from ..errors import UserError
from ..gate import check_component
from ..gate.json_file import read_object
from .batching import BoundedBatches

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


class BertfamEncoder(BoundedBatches, Tok2Vec):
    """spaCy's ``Tok2Vec`` over an encoder of `transformers`, kept on disk as a plain Hugging Face folder.

    The vectors are left in ``doc.tensor``, one row for each token, where the heads read them and where
    ``doc.vector`` and ``doc.similarity`` find them. ``bertfam_cleaner`` behind the last head drops
    them again. Where a head reads documents, a vector for each Doc is left in ``doc._.bertfam_document`` too.
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

    @property
    def reads_documents(self) -> bool:
        """Whether a head of the pipeline reads vectors of whole documents."""
        from ..encoder.listener import reads_documents

        return any(reads_documents(listener) for listener in self.listeners)

    def predict(self, docs: Iterable[Doc]) -> Any:
        """RETURNS (List[Floats2d]): a row for each token; an ``EncodedDocs`` where a head reads documents."""
        docs = list(docs)
        if not self.reads_documents or not any(len(doc) for doc in docs):
            return super().predict(docs)
        from ..encoder.document import encode_with_documents

        return encode_with_documents(self.model, docs, is_train=False)[0]

    def set_annotations(self, docs: Sequence[Doc], tokvecses: Any) -> None:
        """Leave what ``predict`` returned on the Docs."""
        from ..encoder.document import EncodedDocs
        from ..encoder.document_store import put_document_vectors

        if isinstance(tokvecses, EncodedDocs):
            put_document_vectors(docs, tokvecses.documents)
            tokvecses = tokvecses.tokens
        super().set_annotations(docs, tokvecses)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Run the encoder on a batch and hand the vectors to the heads, whose gradients come back later."""
        losses = {} if losses is None else losses
        examples = list(examples)
        if not self.reads_documents:
            return super().update(examples, drop=drop, sgd=sgd, losses=losses)
        from .broadcast import broadcast

        validate_examples(examples, "BertfamEncoder.update")
        docs: List[Doc] = [eg.predicted for eg in examples]
        finish = (lambda: None) if sgd is None else (lambda: self.finish_update(sgd))
        broadcast(self.model, self.listeners, docs, losses=losses, name=self.name, finish=finish)
        return losses

    def initialize(
        self, get_examples: Callable[[], Iterable[Example]], *, nlp: Optional[Language] = None
    ) -> None:
        """Load the checkpoint that the config names."""
        self.model.initialize()
        self._tell_width()

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        """Write ``config.json``, ``model.safetensors`` and the tokenizer into the folder ``path``."""
        from ..encoder.model import encoder_shim

        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        srsly.write_json(path / "cfg", self.cfg)
        if "vocab" not in exclude:
            self.vocab.to_disk(path / "vocab", exclude=["strings"])
        if encoder_shim(self.model).checkpoint is not None:
            encoder_shim(self.model).save(path)

    def from_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> "BertfamEncoder":
        """Read what ``to_disk`` wrote, or any other Hugging Face folder of an encoder."""
        from ..encoder.model import encoder_shim, set_width

        path = Path(path)
        check_component(path)
        if (path / "cfg").is_file():
            self.cfg.update(read_object(path / "cfg"))
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
