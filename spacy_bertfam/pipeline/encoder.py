"""`bertfam_encoder`: one encoder for all the heads of a pipeline."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import srsly
from spacy.language import Language
from spacy.pipeline.tok2vec import Tok2Vec, Tok2VecListener
from spacy.tokens import Doc
from spacy.training import Example, validate_examples
from spacy.vocab import Vocab
from thinc.api import Optimizer

from ..errors import UserError
from ..gate import check_component
from ..gate.json_file import read_object
from ..heads.finite import require_finite
from ..listeners.doc_vectors import leave_vectors, require_one
from ..listeners.linked import linked_encoder
from ..listeners.listener import forward_of_spacy, reads_documents
from ..listeners.spacy_private import complete_widths, replace_forward
from ..listeners.upstream import has_weights, token_listeners
from ..types import Tok2VecModel
from .batching import BoundedBatches

if TYPE_CHECKING:
    from ..encoder.shim import EncoderShim

NETWORK = ("config.json", "*.safetensors", "onnx", "tokenizer.json")
MODEL = {"@architectures": "spacy-bertfam.Encoder.v1", "name": "bert-base-multilingual-cased"}


@Language.factory("bertfam_encoder", assigns=["doc.tensor"], default_config={"model": MODEL})
def make_bertfam_encoder(nlp: Language, name: str, model: Tok2VecModel) -> "BertfamEncoder":
    """Make the shared encoder component.

    model (Model[list[Doc], list[Floats2d]]): a ``spacy-bertfam.Encoder.v1``.
    """
    encoder = BertfamEncoder(nlp.vocab, model, name)
    encoder.leaves_name = any(isinstance(component, Tok2Vec) for _, component in nlp.components)
    return encoder


class BertfamEncoder(BoundedBatches, Tok2Vec):
    """spaCy's ``Tok2Vec`` over an encoder of `transformers`, kept on disk as a plain Hugging Face folder.

    The vectors are left in ``doc.tensor``, one row for each token, where the heads read them and where
    ``doc.vector`` and ``doc.similarity`` find them. ``bertfam_cleaner`` after the last head drops
    them again. Where a head reads documents, a vector for each Doc is left in ``doc._.bertfam_document`` too.
    Where the pipeline has other encoders, the name is left with them, see ``listeners.doc_vectors``.
    """

    leaves_name = False  # are there, or were there ever, other encoders that leave vectors on the same Docs?
    reports_loss = True  # the sum of the squared gradients, as spaCy's Tok2Vec; a logger may do without
    reads_documents = False  # does a head, enabled or not, read vectors of whole documents?
    keeps_rows = False  # does a head read the vectors after another encoder has left its own?
    _linking: dict[str, Any] | None = None
    _later: list[str]  # encoders after this one, as far as the components have been linked
    _unclear: dict[str, list[str]]  # heads that name none of several encoders

    def __init__(self, vocab: Vocab, model: Tok2VecModel, name: str = "encoder") -> None:
        from ..encoder.model import MODEL_NAME

        if model.name != MODEL_NAME:
            raise UserError(
                f"Component {name!r} (bertfam_encoder) got the model {model.name!r}; expected an encoder: "
                'set @architectures = "spacy-bertfam.Encoder.v1" in its [model] block.'
            )
        super().__init__(vocab, model, name)
        self._unclear = {}

    def find_listeners(self, component: Any) -> None:
        """Link a component that stands later in the pipeline: spaCy calls it with each one, in their order.

        Warns where a head was trained on another encoder.
        RAISES (UserError): when a head was made for vectors of another width.
        """
        if self._linking is not self.listener_map:  # spaCy begins anew
            self._linking, self._later, self._unclear = self.listener_map, [], {}
        if isinstance(component, Tok2Vec):
            self.leaves_name = True
            self._later.append(component.name)
            if isinstance(component, BertfamEncoder):
                component.leaves_name = True
        super().find_listeners(component)
        linked = self.listener_map.get(getattr(component, "name", ""), ())
        if linked:
            require_finite(component.model, f"Component {component.name!r}")
        for listener in token_listeners(component):
            if type(listener) is Tok2VecListener:
                replace_forward(listener, forward_of_spacy)
            if listener not in linked:
                self.leaves_name = True
                if linked_encoder(listener).is_renamed(self, listener.upstream_name):
                    linked_encoder(listener).listen_to(self, alias=self.name)
            elif self._later and listener.upstream_name == "*":
                self._unclear[component.name] = [self.name, *self._later]
            else:
                self.keeps_rows |= bool(self._later)
                self._link(listener, component)

    def _link(self, listener: Tok2VecListener, component: Any) -> None:
        self._tell_width(listener, component)
        self.reads_documents |= reads_documents(listener)
        linked_encoder(listener).listen_to(self)
        if not linked_encoder(listener).fits():
            warnings.warn(
                f"Component {component.name!r} was trained on the vectors of another encoder than {self.name!r} is "
                "now: what it predicts means nothing until it is trained on these. Expected both from the same "
                "pipeline, and trained together.",
                stacklevel=2,
            )

    def predict(self, docs: Iterable[Doc]) -> Any:
        """RETURNS (list[Floats2d]): a row for each token; an ``EncodedDocs`` where a head reads documents."""
        docs = list(docs)
        if not self.reads_documents or not any(len(doc) for doc in docs):
            return super().predict(docs)
        from ..listeners.document import encode_with_documents

        return encode_with_documents(self.model, docs, is_train=False)[0]

    def set_annotations(self, docs: Sequence[Doc], tokvecses: Any) -> None:
        """Leave what ``predict`` returned on the Docs."""
        from ..listeners.document import EncodedDocs

        of_docs: Iterable[Any] = repeat(None)
        if isinstance(tokvecses, EncodedDocs):
            of_docs, tokvecses = (vector.copy() for vector in tokvecses.documents), tokvecses.tokens
        for doc, rows, document in zip(docs, tokvecses, of_docs, strict=False):
            leave_vectors(doc, self.name, rows, document, named=self.leaves_name, kept=self.keeps_rows)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Run the encoder on a batch and hand the vectors to the heads, whose gradients come back later."""
        losses = {} if losses is None else losses
        reported = losses if self.reports_loss else {}
        examples = list(examples)
        for component, encoders in self._unclear.items():
            require_one(encoders, component)
        for listener in self.listeners:
            linked_encoder(listener).listen_to(self)
        if not self.reads_documents:
            super().update(examples, drop=drop, sgd=sgd, losses=reported)
            return losses
        from .broadcast import broadcast

        validate_examples(examples, "BertfamEncoder.update")
        docs: list[Doc] = [eg.predicted for eg in examples]
        finish = (lambda: None) if sgd is None else (lambda: self.finish_update(sgd))
        broadcast(self.model, self.listeners, docs, losses=reported, name=self.name, finish=finish)
        return losses

    def initialize(
        self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language | None = None
    ) -> None:
        """Load the checkpoint that the config names."""
        self.model.initialize()
        for name, listeners in self.listener_map.items():
            for listener in listeners:
                self._tell_width(listener, nlp.get_pipe(name) if nlp is not None else None)

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write ``config.json``, ``model.safetensors`` and the tokenizer into the folder ``path``."""
        path = Path(path)
        path.mkdir(parents=True, exist_ok=True)
        self.cfg.update({"fingerprint": self.fingerprint()})  # for a copy without weights
        srsly.write_json(path / "cfg", self.cfg)
        if "vocab" not in exclude:
            self.vocab.to_disk(path / "vocab", exclude=["strings"])
        if self._shim.checkpoint is not None:
            self._shim.save(path)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "BertfamEncoder":
        """Read what ``to_disk`` wrote, or any other Hugging Face folder of an encoder."""
        from ..encoder.model import set_width

        path = Path(path)
        check_component(path)
        if (path / "cfg").is_file():
            self.cfg.update(read_object(path / "cfg"))
        if "vocab" not in exclude and (path / "vocab").exists():
            self.vocab.from_disk(path / "vocab", exclude=["strings"])
        # one that was never trained has none of its files; where there are some, the others are missed
        if any(any(path.glob(pattern)) for pattern in NETWORK):
            self._shim.load(path)
            set_width(self.model)
        return self

    def fingerprint(self) -> str | None:
        """RETURNS (str | None): tells these weights from all others; None where there never were any."""
        return self._shim.fingerprint() or self.cfg.get("fingerprint")

    @property
    def _shim(self) -> "EncoderShim":
        from ..encoder.model import encoder_shim

        return encoder_shim(self.model)

    def _tell_width(self, listener: Tok2VecListener, component: Any) -> None:
        width: Any = self.model.maybe_get_dim("nO")
        if width is None:
            return
        made_for: Any = listener.maybe_get_dim("nO")
        if made_for not in (None, width) and component is not None and has_weights(component.model):
            raise UserError(
                f"Component {component.name!r} was trained on vectors of {made_for} columns, and the encoder "
                f"{self.name!r} has {width}. Expected the encoder that it was trained with: take both from the same "
                "pipeline, or put a new component in its place."
            )
        listener.set_dim("nO", width, force=True)
        if component is not None:
            complete_widths(component.model, width)
