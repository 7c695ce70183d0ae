"""`bertfam_qa`: answers to questions, as spans of the text with their probability."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import inf
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example, validate_get_examples
from spacy.vocab import Vocab
from thinc.types import Floats2d

from ..data.pairs import first_length, make_pair, mark_like
from ..decoding.answers import AnswerDistribution, ScoredAnswer, answer_distribution, answer_loss
from ..errors import UserError
from ..heads.finite import is_finite, non_finite_scores, require_finite
from ..heads.score_vectors import in_main_memory
from ..listeners.linked import linked_encoder
from ..listeners.upstream import check_order, check_upstream, find_listeners, token_listeners
from ..types import TaggerModel
from .asking import Answer, register_ask
from .batching import BoundedBatches, batches
from .gold_answers import gold_answers, require_questions, words_of
from .saved_head import SavedHead
from .sum_reduced import SumReducedPipe

Text = str | Doc
BATCH_SIZE = 128
LABEL = "ANSWER"  # of the answer to a question that has no label: that of a pair
# Attributes of the span group: the probability of each span, as spaCy's spancat has it, and label -> that of no answer
SCORES, NO_ANSWER = "scores", "no_answer"


class Question(NamedTuple):
    """What is asked of a text, and the most probable answers, tokens counted in the second text."""

    label: str
    answers: list[ScoredAnswer]
    nothing: float  # the probability of no answer


class BertfamQA(BoundedBatches, SavedHead, SumReducedPipe):
    """Reads a question and a text together, and finds the words of the text that answer it, or that none do.

    A Doc that is a pair (``data.pairs``) is answered its own question; any other one the ``questions`` of the config.
    The answers stand in ``doc.spans``, their probabilities in the attribute "scores" of that span group.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: TaggerModel,
        name: str = "qa",
        *,
        tokenizer: Callable[[str], Doc],
        questions: Mapping[str, str] | None = None,
        spans_key: str = "answers",
        max_length: int = 30,
        min_score: float = 0.0,
        temperature: float = 1.0,
        scorer: Callable[..., Any] | None = None,
    ) -> None:
        self.vocab, self.model, self.name, self.scorer = vocab, model, name, scorer
        self.tokenizer, self.spans_key, self.max_length = tokenizer, spans_key, max_length
        self.min_score, self.temperature = min_score, temperature
        self.questions = dict(questions or {})
        self.cfg: dict[str, Any] = {}
        self._require_settings()
        register_ask(self)

    def ask(self, pairs: Iterable[tuple[Text, Text]], *, top_k: int = 1) -> list[list[Answer]]:
        """Answer questions, each about a text of its own.

        pairs (Iterable[tuple[str | Doc, str | Doc]]): question and text. The answers to a Doc are spans of it.
        top_k (int): how many answers to each question, the most probable first; "no answer" is one of them.
        RETURNS (list[list[Answer]]): for each pair, with its probability over all that the answer may be.
        RAISES (UserError): when a question has no words, or what is given is no pair.
        """
        if not isinstance(top_k, int) or top_k < 1:
            raise UserError(
                f"Component {self.name!r}: top_k is {top_k!r}; expected a number of answers, 1 or more."
            )
        given = [self._read_pair(pair) for pair in pairs]
        made = [make_pair(question, text, self.vocab) for question, text in given]
        found = self._answer(made, encode=True)
        answers = []
        for (_, doc), distribution in zip(given, found, strict=True):
            best = distribution.best(top_k)
            answers.append([Answer(doc[a.start : a.end] if a.end else None, a.score) for a in best])
        return answers

    def predict(self, docs: Iterable[Doc]) -> list[list[Question]]:
        """The answer to each question about each Doc, whatever ``min_score`` is."""
        docs = list(docs)
        own = [doc for doc in docs if first_length(doc)]
        of_own = iter(self._answer(own, encode=False))
        asked = {label: self.tokenizer(question) for label, question in self.questions.items()}
        others = [doc for doc in docs if not first_length(doc)] if asked else []
        made = (make_pair(question, doc, self.vocab) for doc in others for question in asked.values())
        of_others = self._answer(made, encode=True)
        found = []
        for doc in docs:
            labels = [LABEL] if first_length(doc) else list(asked)
            source = of_own if first_length(doc) else of_others
            answers = [(label, next(source)) for label in labels]
            found.append([Question(label, each.best(), each.nothing) for label, each in answers])
        return found

    def set_annotations(self, docs: Iterable[Doc], predictions: Sequence[Sequence[Question]]) -> None:
        """Set ``doc.spans``; a Doc of which nothing is asked stays as it is."""
        for doc, questions in zip(docs, predictions, strict=True):
            if not questions:
                continue
            shift = first_length(doc)
            found = [
                (Span(doc, shift + answer.start, shift + answer.end, label=question.label), answer.score)
                for question in questions
                for answer in question.answers
                if answer.end and answer.score >= self.min_score
            ]
            attrs = {
                SCORES: [score for _, score in found],
                NO_ANSWER: {question.label: question.nothing for question in questions},
            }
            spans = [span for span, _ in found]
            doc.spans[self.spans_key] = SpanGroup(doc, name=self.spans_key, attrs=attrs, spans=spans)

    def prepare(self, examples: Sequence[Example]) -> None:
        """Mark the pairs; an Example whose reference is none contributes no gradient.

        RAISES (UserError): when a shared encoder has read the question and the text of one as a single text.
        """
        late = _unmarked(examples)
        if late and find_listeners(self.model):
            raise UserError(
                f"Component {self.name!r} listens to a shared encoder, and {len(late)} examples of this batch are "
                "pairs on the reference side alone, which that encoder cannot know; expected the reader "
                "spacy-bertfam.PairCorpus.v1 in [corpora.train], or an encoder of its own (model.tok2vec)."
            )
        for eg in late:
            mark_like(eg.predicted, eg.reference)

    def get_loss(
        self, examples: Iterable[Example], scores: Sequence[Floats2d]
    ) -> tuple[float, list[Floats2d]]:
        """Minus the log of the probability of the gold answers, summed over the questions, and its gradient. Without
        the span group of answers a question has no annotation, and costs nothing; with an empty one it has none."""
        ops, total, gradients = self.model.ops, 0.0, []
        for eg, of_doc in zip(examples, in_main_memory(ops, scores), strict=True):
            gold = gold_answers(eg, self.spans_key)
            d_scores: Any = np.zeros(of_doc.shape, dtype="float32")
            if gold is not None:
                words = words_of(eg.predicted)
                loss, d_scores = answer_loss(of_doc, words, gold, max_length=self.max_length)
                total += loss
            gradients.append(ops.asarray2f(d_scores))
        return total, gradients

    def initialize(self, get_examples: Callable[[], Iterable[Example]], *, nlp: Any = None) -> None:
        """Report what of the data cannot be learned, and shape the network.

        RAISES (UserError): when the data have no question.
        """
        if nlp is not None:
            check_order(self.model, nlp, self.name)
        validate_get_examples(get_examples, "BertfamQA.initialize")
        require_questions(get_examples(), self.spans_key, max_length=self.max_length, component=self.name)
        self.model.initialize(X=[eg.predicted for eg in islice(get_examples(), 10)])

    def score(self, examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
        """Score answers. `spacy evaluate` makes its Docs of the text alone: those whose reference is a pair are marked
        here, and answered.

        RETURNS (dict[str, Any]): as the scorer gives them.
        """
        examples = list(examples)
        late = _unmarked(examples)
        for eg in late:
            mark_like(eg.predicted, eg.reference)
        docs = [eg.predicted for eg in late]
        for part in batches(docs, batch_size=BATCH_SIZE, max_words=self.max_words):
            self._encode(part)
            self.set_annotations(part, self.predict(part))
        return cast(dict[str, Any], super().score(examples, **kwargs))

    def check_read(self, asked: str) -> None:
        """RAISES (UserError): when the weights are none that this head can have."""
        require_finite(self.model, "It")
        output = self.model.get_ref("output_layer")
        W: Any = output.get_param("W") if output.has_param("W") else None
        if W is not None and len(W) != 2:
            raise UserError(
                "its weights are not those of start and end. Expected two rows: get the pipeline again."
            )

    def _read_pair(self, pair: Any) -> tuple[Doc, Doc]:
        # two words would be taken for a pair, and so would the two letters of one
        kinds = [isinstance(text, Text) for text in pair] if isinstance(pair, (tuple, list)) else []
        if kinds != [True, True]:
            raise UserError(
                f"Component {self.name!r}: asked with {pair!r:.100}; expected pairs of a question and a text, each a "
                "string or a Doc: ask([(question, text)])."
            )
        question, text = (self.tokenizer(each) if isinstance(each, str) else each for each in pair)
        if not question.text.strip():
            raise UserError(f"Component {self.name!r}: a question is {question.text!r}; expected words.")
        return question, text

    def _answer(self, pairs: Iterable[Doc], *, encode: bool) -> Iterator[AnswerDistribution]:
        """The distribution over the answers of each pair, batch by batch."""
        for doc, scores in self.score_pairs(pairs, encode=encode):
            yield answer_distribution(
                scores, words_of(doc), max_length=self.max_length, temperature=self.temperature
            )

    def score_pairs(self, pairs: Iterable[Doc], *, encode: bool) -> Iterator[tuple[Doc, NDArray[np.float32]]]:
        """Each pair with the scores of start and end, as ``answer_distribution`` reads them.

        encode (bool): whether a shared encoder has yet to read the pairs.
        """
        for part in batches(pairs, batch_size=BATCH_SIZE, max_words=self.max_words):
            if encode:
                self._encode(part)
            check_upstream(self.model, part, self.name)
            scores = in_main_memory(self.model.ops, self.model.predict(part))
            if not all(map(is_finite, scores)):
                raise non_finite_scores(self.name, "the answers", self.rate)
            yield from zip(part, scores, strict=True)

    def _encode(self, pairs: Sequence[Doc]) -> None:
        """Let the shared encoder, where the head listens to one of ours, read pairs that it has not seen."""
        for listener in token_listeners(self):
            encoder: Any = linked_encoder(listener).component
            if encoder is not None:
                encoder.set_annotations(pairs, encoder.predict(pairs))

    def _require_settings(self) -> None:
        checks: dict[str, tuple[str, Callable[[Any], bool]]] = {
            "temperature": ("a finite number above 0", lambda v: isinstance(v, (int, float)) and 0 < v < inf),
            "min_score": ("0 to 1", lambda v: isinstance(v, (int, float)) and 0 <= v <= 1),
            "max_length": ("a number of tokens, 1 to 1000", lambda v: isinstance(v, int) and 1 <= v <= 1000),
            "questions": ("a question for each label", lambda v: all(q.strip() for q in v.values())),
        }
        for name, (expected, is_sound) in checks.items():
            if not is_sound(getattr(self, name)):
                found = getattr(self, name)
                raise UserError(f"Component {self.name!r}: {name} is {found!r}; expected {expected}.")


def _unmarked(examples: Sequence[Example]) -> list[Example]:
    """Those whose reference is a pair, and whose predicted side is not."""
    return [eg for eg in examples if first_length(eg.reference) and not first_length(eg.predicted)]
