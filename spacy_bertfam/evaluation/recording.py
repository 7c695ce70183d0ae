"""A recognizer's tag scores of annotated texts: the encoder runs once, temperatures are tried on what it left."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from tqdm import tqdm

from ..data.bare import bare_copy
from ..pipeline.batching import batches
from ..pipeline.ner import BertfamNER
from ..pipeline.preset import find_preset
from ..types import Bools1d, Ints1d, ScoredSpan
from .scored import WRONG, Counts, ScoredEntities, gold_finder, scored_entities

BATCH_SIZE = 256  # Docs


class Reading(NamedTuple):
    """What is kept of a text; its vectors are not."""

    eg: Example  # the predicted side bare, tokens as the pipeline left them
    scores: NDArray[np.float32]  # Shape: (n_tokens, n_tags)
    outside: Bools1d | None  # tokens of entities that stood there before; Shape: (n_tokens,)
    unscored: list[tuple[str, int]]  # label and gold one of each of those whose tokens have gold annotation
    gold_of: Callable[[int, int, str], int | None]  # see ``gold_finder``


Found = tuple[int, float, bool]  # index of the text, score of the entity, whether it is right


class Recording:
    """Annotated texts as a component sees them.

    counts (Counts): over these texts.
    find (Callable): temperature -> of each entity the index of its text, its score, and whether it is right.
    readings (Sequence[Reading]): of a recognizer, of each text.
    progress (bool): show on standard error how many temperatures have been tried.
    """

    def __init__(
        self,
        n_texts: int,
        counts: Counts,
        find: Callable[[float], Iterable[Found]],
        readings: Sequence[Reading] = (),
        *,
        progress: bool = False,
    ) -> None:
        self.n_texts, self.counts, self.readings = n_texts, counts, readings
        self._find = find
        self._known: dict[float, tuple[ScoredEntities, Ints1d]] = {}
        self._bar = tqdm(desc="temperatures", disable=not progress)

    def entities(self, temperature: float, texts: Bools1d | None = None) -> ScoredEntities:
        """The entities that are found and whose tokens have gold annotation, whatever ``min_score`` is: those that
        ``calibration_error`` counts. What was computed once is remembered.

        texts (Bools1d | None): the texts that count, Shape: (n_texts,); None is all.
        """
        if temperature not in self._known:
            rows = list(self._find(temperature))
            self._bar.update()
            places = np.array([text for text, _, _ in rows], dtype=np.int64)
            self._known[temperature] = scored_entities((score, right) for _, score, right in rows), places
        entities, places = self._known[temperature]
        return entities if texts is None else entities.part(texts[places])


def record(
    nlp: Language, ner: BertfamNER, examples: Iterable[Example], *, progress: bool = False
) -> Recording:
    """Read the texts by all that stands before a recognizer, and score their tags.

    examples (Iterable[Example]): the reference side is annotated; of the predicted side only the words count.
    progress (bool): show on standard error how far it is.
    """
    examples = [eg for eg in examples if eg.reference.has_annotation("ENT_IOB") and len(eg.predicted)]
    names = nlp.pipe_names
    with nlp.select_pipes(disable=names[names.index(ner.name) :]):
        docs = nlp.pipe((bare_copy(eg.predicted, nlp.vocab) for eg in examples), batch_size=BATCH_SIZE)
        read = score_docs(ner, tqdm(docs, total=len(examples), desc="read", disable=not progress))
        pairs = zip(examples, read, strict=True)
        readings = [_reading(ner, doc, scores, eg.reference) for eg, (doc, scores) in pairs]
    unscored = [gold != WRONG for reading in readings for _, gold in reading.unscored]
    n_gold = sum(len(reading.eg.reference.ents) for reading in readings)
    counts = Counts(n_gold, len(unscored), sum(unscored))

    def find(temperature: float) -> Iterator[Found]:
        for i, span, gold in decoded(ner, readings, temperature):
            yield i, span.score, gold != WRONG

    return Recording(len(readings), counts, find, readings, progress=progress)


def _reading(ner: BertfamNER, doc: Doc, scores: NDArray[np.float32], reference: Doc) -> Reading:
    eg = Example(bare_copy(doc, doc.vocab), reference)
    gold_of = gold_finder(eg)
    if ner.overwrite_ents:
        return Reading(eg, scores, None, [], gold_of)
    preset = find_preset(doc)
    found = ((ent.label_, gold_of(ent.start, ent.end, ent.label_)) for ent in preset.ents)
    unscored = [(label, gold) for label, gold in found if gold is not None]
    return Reading(eg, scores, preset.tokens, unscored, gold_of)


def decoded(
    ner: BertfamNER, readings: Sequence[Reading], temperature: float, floor: float | None = None
) -> Iterator[tuple[int, ScoredSpan, int]]:
    """The spans whose tokens have gold annotation; arguments as in ``BertfamNER.decode``.

    YIELDS (tuple[int, ScoredSpan, int]): the index of the text, the span, and which gold entity it is, or ``WRONG``.
    """
    first, docs = 0, (each.eg.predicted for each in readings)
    for batch in batches(docs, batch_size=BATCH_SIZE, max_words=ner.max_words):
        part = readings[first : first + len(batch)]
        scores, outside = [reading.scores for reading in part], [reading.outside for reading in part]
        found = ner.decode(batch, scores, outside=outside, temperature=temperature, floor=floor)
        for i, spans in enumerate(found, first):
            for span in spans:
                gold = readings[i].gold_of(span.start, span.end, span.label)
                if gold is not None:
                    yield i, span, gold
        first += len(batch)


def score_docs(ner: BertfamNER, docs: Iterable[Doc]) -> Iterator[tuple[Doc, NDArray[np.float32]]]:
    """YIELDS (tuple[Doc, NDArray]): each Doc and the scores of its tags; Shape: (n_tokens, n_tags)."""
    for batch in batches(docs, batch_size=BATCH_SIZE, max_words=ner.max_words):
        yield from zip(batch, ner.score_tags(batch), strict=True)
