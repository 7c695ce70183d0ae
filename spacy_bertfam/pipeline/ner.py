"""`bertfam_ner`: named entities with scores, from a head over any encoder."""

import logging
from itertools import islice
from math import inf
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Optimizer, set_dropout_rate
from thinc.types import Floats2d

from ..decoding.tags import TagSet, validate_scheme
from ..errors import UserError
from ..head_fit.first_fit import DEFAULT_FIT_WORDS, fit_tagger
from ..listeners.upstream import check_order, check_upstream
from ..types import Bools1d, ScoredSpan, TaggerModel, Teaching, TrainedHead
from .batching import MAX_WORDS, BoundedBatches
from .entity_score import register_score, set_score
from .gold import check_gold, read_gold
from .preset import Preset, find_preset
from .saved_head import SETTING, SavedHead, check_labels
from .sum_reduced import SummedLossPipe
from .words import decode_words

logger = logging.getLogger("spacy")

# Scores of a batch, tokens by tags: 16 MB
MAX_SCORES = 2**22


class BertfamNER(BoundedBatches, SavedHead, SummedLossPipe):
    """Tags each token by a head over an encoder, and reads entities off the best legal sequence of tags.

    Each entity has in ``ent._.score`` the probability, over all legal sequences, that exactly this
    span has this label.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: TaggerModel,
        name: str = "ner",
        *,
        scheme: str = "BIOES",
        min_score: float = 0.0,
        temperature: float = 1.0,
        overwrite_ents: bool = False,
        scorer: Optional[Callable] = None,
    ) -> None:
        self.name = name
        self.vocab = vocab
        self.model = model
        self.min_score = min_score
        self.temperature = temperature
        self._require_numbers(temperature)
        self.overwrite_ents = overwrite_ents
        self.scorer = scorer
        self.teaching: Optional[Teaching[BertfamNER]] = None  # while it trains; never saved
        self.cfg: Dict[str, Any] = {"labels": [], "scheme": validate_scheme(scheme), SETTING: scheme}
        self._tag_set: Optional[TagSet] = None
        register_score()

    @property
    def labels(self) -> Tuple[str, ...]:
        """The labels that the component knows."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> List[str]:
        """What ``spacy init labels`` writes and ``initialize`` takes."""
        return list(self.labels)

    @property
    def tag_set(self) -> TagSet:
        """The tags of the labels under the component's scheme."""
        key = (self.cfg["scheme"], self.labels)
        if self._tag_set is None or (self._tag_set.scheme, self._tag_set.labels) != key:
            self._tag_set = TagSet(*key)
        return self._tag_set

    @property
    def max_words(self) -> int:
        """Tokens of a batch of several Docs: fewer where there are many tags."""
        return min(MAX_WORDS, MAX_SCORES // len(self.tag_set))

    def predict(self, docs: Iterable[Doc]) -> List[List[ScoredSpan]]:
        """The entities of each Doc, without those that it has already.

        RETURNS (List[List[ScoredSpan]]): all of them, whatever ``min_score`` is.
        """
        docs = list(docs)
        if not any(len(doc) for doc in docs):
            return [[] for _ in docs]
        scores = self.score_tags(docs)
        outside = None if self.overwrite_ents else [find_preset(doc).tokens for doc in docs]
        return self.decode(docs, scores, outside=outside, temperature=self.temperature)

    def score_tags(self, docs: Sequence[Doc]) -> List[NDArray[np.float32]]:
        """The head's scores as they are, in main memory: what ``decode`` takes, with any temperature.

        RETURNS (List[NDArray[float32]]): for each Doc, Shape: (n_tokens, n_tags).
        """
        self._require_labels()
        check_upstream(self.model, docs, self.name)
        return [self.model.ops.to_numpy(text) for text in self.model.predict(list(docs))]

    def decode(
        self,
        docs: Sequence[Doc],
        scores: Sequence[NDArray[np.float32]],
        *,
        outside: Optional[Sequence[Optional[Bools1d]]],
        temperature: float,
    ) -> List[List[ScoredSpan]]:
        """The entities of each Doc by the scores of its tags.

        outside (Optional[Sequence[Optional[NDArray[bool]]]]): for each Doc the tokens that are taken already;
            Shape: (n_tokens,).
        """
        self._require_numbers(temperature)
        learned = self.model.attrs["head_transitions"](self.model)
        return decode_words(
            docs,
            scores,
            self.tag_set,
            component=self.name,
            rate=self.rate,
            outside=outside,
            learned=learned,
            temperature=temperature,
        )

    def set_annotations(self, docs: Iterable[Doc], predictions: Sequence[List[ScoredSpan]]) -> None:
        """Set ``doc.ents`` and each entity's ``ent._.score``."""
        register_score()  # other code may have put its own in the place of ours
        for doc, scored in zip(docs, predictions, strict=True):
            preset = Preset([], [], None) if self.overwrite_ents else find_preset(doc)
            for ent in doc.ents if self.overwrite_ents else ():
                set_score(ent, None)
            kept = [span for span in scored if span.score >= self.min_score]
            ents = [Span(doc, span.start, span.end, label=span.label) for span in kept]
            doc.set_ents([*preset.ents, *ents], blocked=preset.blocked or None)
            for ent, span in zip(ents, kept, strict=True):
                set_score(ent, span.score)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch. The gradient always goes back over the whole batch: a listener that
        left it out would keep the shared encoder from learning."""
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "BertfamNER.update")
        if not examples:
            return losses
        self._add_unseen_labels(examples)
        set_dropout_rate(self.model, drop)
        fixed = self.model.attrs.get("fixed_dropout")
        if fixed is not None:
            set_dropout_rate(self.model.get_ref("dropout"), fixed)
        scores, bp_scores = self.model.begin_update([eg.predicted for eg in examples])
        loss, d_scores = self.get_loss(examples, scores)
        self.require_finite(loss)
        bp_scores(d_scores)
        self.count_taught(d_scores)
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def get_loss(
        self, examples: Iterable[Example], scores: Sequence[Floats2d]
    ) -> Tuple[float, List[Floats2d]]:
        """The head's loss and its gradient, sums over the tokens, with those of ``teaching`` where there is one.
        Missing annotation costs nothing."""
        examples = list(examples)
        gold = [self.tag_set.allowed_by_biluo(eg.get_aligned_ner()) for eg in examples]
        loss, d_scores = self.model.attrs["head_loss"](self.model, scores, gold, self.tag_set)
        if self.teaching is None:
            return float(loss), d_scores
        return self.teaching(self, [eg.predicted for eg in examples], scores, (float(loss), d_scores))

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Union[List[str], str]] = None,
        head: Optional[Callable[[], TrainedHead]] = None,
        fit_words: int = DEFAULT_FIT_WORDS,
    ) -> None:
        """Take the labels from the data, report what of it cannot be learned, shape the network.

        labels (Optional[List[str]]): the labels, as ``spacy init labels`` writes them; they come
            before those that only the data have.
        head (Optional[Callable[[], TrainedHead]]): a head to start from, as ``spacy-bertfam.from_hf.v1``
            reads one; its labels come first, with their weights.
        fit_words (int): a new head is fitted to so many words of the data and the encoder's vectors of them,
            before anything is trained; 0 leaves its weights random.
        Raises a UserError where the data have no entity at all, or where a given label looks like a typing
        error.
        """
        if nlp is not None:
            check_order(self.model, nlp, self.name)
        validate_get_examples(get_examples, "BertfamNER.initialize")
        labels = check_labels(labels if isinstance(labels, str) else list(labels or ()), self.name)
        report = read_gold(get_examples())
        check_gold(report, labels, self.name)
        if report.sentence():
            logger.warning("[%s] %s", self.name, report.sentence())
        trained = head() if head is not None else None
        if trained is not None:
            self.take_head(trained)
        self._add_labels([*labels, *sorted(report.labels)])
        is_new = trained is None and not self._trained_tags()
        self._resize(before=None)
        self.model.initialize(X=[eg.predicted for eg in islice(get_examples(), 10)])
        if trained is not None:
            trained.copy_into(self.model, self.tag_set.tags)
        elif is_new and fit_words > 0:
            fit_tagger(
                self.model,
                get_examples,
                self.tag_set,
                nlp=nlp,
                n_words=fit_words,
                total=report.n_words,
                component=self.name,
            )

    def take_head(self, head: TrainedHead) -> None:
        """Take scheme and labels of a trained head, and make room for its weights."""
        self.cfg["scheme"] = head.labels.tag_set.scheme
        self.cfg["labels"] = []
        self._add_labels(head.labels.tag_set.labels)
        # The checkpoint's own names and order, for the way back
        tags = head.labels.tag_set.tags
        row_to_tag = {row: tags[i] for i, row in enumerate(head.labels.rows)}
        self.cfg["checkpoint_classes"] = [
            [name, row_to_tag[row]] for row, name in enumerate(head.labels.names)
        ]
        self._resize(before=None)

    def add_label(self, label: str) -> int:
        """Add a label; a trained network keeps the weights of the others.

        RETURNS (int): 1 if the label is new, else 0.
        """
        return self._add_labels([label])

    def _add_labels(self, labels: Iterable[str]) -> int:
        """Add those that are new, all at once. RETURNS (int): how many."""
        before, known = self.tag_set, dict.fromkeys(self.labels)
        for label in labels:
            if not isinstance(label, str) or not label:
                raise UserError(f"Component {self.name!r}: label is {label!r}; expected a name.")
            known[label] = None
        n_new = len(known) - len(self.labels)
        if n_new:
            self.cfg["labels"] = list(known)
            for label in self.labels[-n_new:]:
                self.vocab.strings.add(label)
            if self.model.get_ref("output_layer").has_param("W"):
                self._resize(before=before)
        return n_new

    def _resize(self, *, before: Optional[TagSet]) -> None:
        """Give the network one output for each tag, keeping those of the tags ``before``."""
        known = before.tag_to_id if before is not None else self._trained_tags()
        rows = [known.get(tag, -1) for tag in self.tag_set.tags]
        self.model.attrs["resize_output"](self.model, rows)

    def _trained_tags(self) -> Dict[str, int]:
        """The tags that the network has weights for, which are all of them or none."""
        has_weights = self.model.get_ref("output_layer").has_param("W")
        return self.tag_set.tag_to_id if has_weights else {}

    def _add_unseen_labels(self, examples: Iterable[Example]) -> None:
        """Training that goes on with new labels adds them, and keeps what is known of the others."""
        unseen = {ent.label_ for eg in examples for ent in eg.reference.ents} - set(self.labels)
        for label in sorted(unseen):
            logger.warning("[%s] New label %r in the data: added.", self.name, label)
        self._add_labels(sorted(unseen))

    def _require_numbers(self, temperature: float) -> None:
        if not 0 < temperature < inf:
            raise UserError(
                f"Component {self.name!r}: temperature is {temperature}; expected a finite number above 0."
            )
        if not 0 <= self.min_score <= 1:
            raise UserError(f"Component {self.name!r}: min_score is {self.min_score}; expected 0 to 1.")

    def _require_labels(self) -> None:
        if not self.labels:
            raise UserError(
                f"Component {self.name!r} has no labels: call nlp.initialize() with training data, or load a "
                "trained pipeline."
            )
