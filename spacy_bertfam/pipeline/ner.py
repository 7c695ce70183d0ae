"""`bertfam_ner`: named entities with scores, from a head over any encoder."""

import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example, validate_get_examples
from spacy.vocab import Vocab
from thinc.types import Floats2d

from ..decoding.tags import validate_scheme
from ..errors import UserError
from ..head_fit.first_fit import DEFAULT_FIT_WORDS, fit_tagger
from ..heads.score_vectors import in_main_memory
from ..listeners.upstream import check_order, check_upstream
from ..types import Bools1d, ScoredSpan, TaggerModel
from .batching import BoundedBatches
from .entity_score import register_score, set_score
from .gold import check_gold, read_gold
from .labeled_head import LabeledHead, TrainedHead, require_labels
from .min_score import LOWEST_FLOOR, MinScore, check_min_score, kept_spans, set_candidates
from .preset import Predictions, Preset, find_preset
from .saved_head import SETTING, SavedHead, check_labels
from .sum_reduced import SumReducedPipe
from .words import decode_words

logger = logging.getLogger("spacy")

LossAndGradient = tuple[float, list[Floats2d]]
# The component, Docs, the scores of their tags, loss and gradient of the annotation alone -> those of all teaching
Teaching = Callable[["BertfamNER", Sequence[Doc], Sequence[Floats2d], LossAndGradient], LossAndGradient]
# Docs, the scores of their tags and the tokens that must be O
Watch = Callable[[Sequence[Doc], Sequence[NDArray[np.float32]], Sequence[Bools1d | None]], None]
# Scores of a batch, tokens by tags: 16 MB
MAX_SCORES = 2**22


class BertfamNER(BoundedBatches, SavedHead, LabeledHead, SumReducedPipe):
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
        min_score: MinScore = 0.0,
        min_candidate_score: MinScore | None = None,
        temperature: float = 1.0,
        overwrite_ents: bool = False,
        scorer: Callable[..., Any] | None = None,
    ) -> None:
        self.name, self.vocab, self.model, self.scorer = name, vocab, model, scorer
        self.min_score, self.min_candidate_score = min_score, min_candidate_score
        self.temperature = temperature
        self.overwrite_ents = overwrite_ents
        self.teaching: Teaching | None = None  # while it trains; never saved
        self.watch: Watch | None = None  # sees what it predicts from; never saved
        self.cfg: dict[str, Any] = {"labels": [], "scheme": validate_scheme(scheme), SETTING: scheme}
        self._require_numbers(temperature)
        register_score()

    @property
    def max_words(self) -> int:
        """Tokens of a batch of several Docs: fewer where there are many tags."""
        return min(super().max_words, MAX_SCORES // len(self.tag_set))

    def predict(self, docs: Iterable[Doc]) -> list[list[ScoredSpan]]:
        """The entities of each Doc, without those that it has already.

        RETURNS (list[list[ScoredSpan]]): all of them, whatever ``min_score`` is.
        """
        docs = list(docs)
        presets = self._find_presets(docs)
        if not any(len(doc) for doc in docs):
            none: list[list[ScoredSpan]] = [[] for _ in docs]
            return Predictions(none, presets, None if self.min_candidate_score is None else none)
        outside = [preset.tokens for preset in presets]
        scores = self.score_tags(docs)
        if self.watch is not None:
            self.watch(docs, scores, outside)
        found = self.decode(docs, scores, outside=outside, temperature=self.temperature)
        if self.min_candidate_score is None:
            return Predictions(found, presets)
        least = self.min_candidate_score
        floor = min(least.values(), default=1.0) if isinstance(least, dict) else least
        candidates = self.decode(docs, scores, outside=outside, temperature=self.temperature, floor=floor)
        return Predictions(found, presets, [kept_spans(spans, least, others=inf) for spans in candidates])

    def _find_presets(self, docs: Sequence[Doc]) -> list[Preset]:
        """What must stay on each Doc as it is."""
        return [Preset([], [], None) if self.overwrite_ents else find_preset(doc) for doc in docs]

    def score_tags(self, docs: Sequence[Doc]) -> list[NDArray[np.float32]]:
        """The head's scores as they are, in main memory: what ``decode`` takes, with any temperature.

        RETURNS (list[NDArray[float32]]): for each Doc, Shape: (n_tokens, n_tags).
        """
        require_labels(self)
        check_upstream(self.model, docs, self.name)
        return in_main_memory(self.model.ops, self.model.predict(list(docs)))

    def decode(
        self,
        docs: Sequence[Doc],
        scores: Sequence[NDArray[np.float32]],
        *,
        outside: Sequence[Bools1d | None] | None,
        temperature: float,
        floor: float | None = None,
    ) -> list[list[ScoredSpan]]:
        """The entities of each Doc by the scores of its tags.

        outside (Sequence[NDArray[bool] | None] | None): for each Doc the tokens that are taken already;
            Shape: (n_tokens,).
        floor (float | None): instead, all spans that are as likely, on the best path or not; they may overlap.
        """
        self._require_numbers(temperature)
        learned = self.model.attrs["head_transitions"](self.model)
        known = {"learned": learned, "temperature": temperature, "outside": outside, "floor": floor}
        return decode_words(docs, scores, self.tag_set, component=self.name, rate=self.rate, **known)

    def set_annotations(self, docs: Iterable[Doc], predictions: Sequence[list[ScoredSpan]]) -> None:
        """Set ``doc.ents`` and each entity's ``ent._.score``, and if asked for ``doc.spans["candidates"]``."""
        register_score()  # other code may have put its own in the place of ours
        docs = list(docs)
        presets = predictions.presets if isinstance(predictions, Predictions) else self._find_presets(docs)
        for doc, scored, preset in zip(docs, predictions, presets, strict=True):
            for ent in doc.ents if self.overwrite_ents else ():
                set_score(ent, None)
            kept = kept_spans(scored, self.min_score)
            ents = [Span(doc, span.start, span.end, label=span.label) for span in kept]
            doc.set_ents([*preset.ents, *ents], blocked=preset.blocked or None)
            for ent, span in zip(ents, kept, strict=True):
                set_score(ent, span.score)
        if isinstance(predictions, Predictions) and predictions.candidates is not None:
            for doc, candidates in zip(docs, predictions.candidates, strict=True):
                set_candidates(doc, candidates)

    def prepare(self, examples: Sequence[Example]) -> None:
        """Add the labels that are new; what is known of the others stays."""
        unseen = sorted({ent.label_ for eg in examples for ent in eg.reference.ents} - set(self.labels))
        for label in unseen:
            logger.warning("[%s] New label %r in the data: added.", self.name, label)
        self._add_labels(unseen)

    def get_loss(
        self, examples: Iterable[Example], scores: Sequence[Floats2d]
    ) -> tuple[float, list[Floats2d]]:
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
        nlp: Language | None = None,
        labels: list[str] | str | None = None,
        head: Callable[[], TrainedHead] | None = None,
        fit_words: int = DEFAULT_FIT_WORDS,
    ) -> None:
        """Take the labels from the data, report what of it cannot be learned, shape the network.

        labels (list[str] | None): the labels, as ``spacy init labels`` writes them; they come
            before those that only the data have.
        head (Callable[[], TrainedHead] | None): a head to start from, as ``spacy-bertfam.from_hf.v1``
            reads one; its labels come first, with their weights.
        fit_words (int): a new head is fitted to so many words of the data and the encoder's vectors of them,
            before anything is trained; 0 leaves its weights random.
        RAISES (UserError): when the data have no entity at all, or a given label looks like a typing error.
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
        self._require_numbers(self.temperature)
        is_new = trained is None and not self._trained_tags()
        self._resize(self._trained_tags())
        self.model.initialize(X=[eg.predicted for eg in islice(get_examples(), 10)])
        if trained is not None:
            trained.copy_into(self.model, self.tag_set.tags)
        elif is_new and fit_words > 0:
            words = {"n_words": fit_words, "total": report.n_words}
            fit_tagger(self.model, get_examples, self.tag_set, nlp=nlp, component=self.name, **words)

    def check_read(self, asked: str) -> None:
        """Look at labels and weights that were read, and at the config's numbers beside them."""
        super().check_read(asked)
        self._require_numbers(self.temperature)

    def _require_numbers(self, temperature: float) -> None:
        if not (isinstance(temperature, (int, float)) and 0 < temperature < inf):
            raise UserError(
                f"Component {self.name!r}: temperature is {temperature!r}; expected a finite number above 0."
            )
        check_min_score(self.min_score, self.name, self.labels)
        if self.min_candidate_score is not None:
            value, setting = self.min_candidate_score, "min_candidate_score"
            check_min_score(value, self.name, self.labels, setting=setting, lowest=LOWEST_FLOOR)
