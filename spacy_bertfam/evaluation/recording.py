"""A recogniser's tag scores of annotated texts: the encoder runs once, temperatures are tried on what it left."""

from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

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
from ..types import Bools1d, Ints1d
from .scored import Judged, judge_of, to_judged

BATCH_SIZE = 256  # Docs


class Reading(NamedTuple):
    """What is kept of a text: no vectors."""

    eg: Example  # the predicted side bare, tokens as the pipeline left them
    scores: NDArray[np.float32]  # Shape: (n_tokens, n_tags)
    outside: Optional[Bools1d]  # tokens of entities that stood there before; Shape: (n_tokens,)
    unscored: List[bool]  # whether each of those entities is right, where that is known


class Counts(NamedTuple):
    """What the scores have no part in."""

    n_gold: int  # entities in the annotation
    n_unscored: int  # entities that a component before has set, and this one keeps
    n_unscored_right: int


class Recording:
    """Annotated texts as a recogniser sees them.

    readings (Sequence[Reading]): of the texts.
    progress (bool): show on standard error how many temperatures have been tried.
    """

    def __init__(self, ner: BertfamNER, readings: Sequence[Reading], *, progress: bool = False) -> None:
        self.ner = ner
        self.readings = readings
        self._judges = [judge_of(reading.eg) for reading in readings]
        self._known: Dict[float, Tuple[Judged, Ints1d]] = {}
        self._bar = tqdm(desc="temperatures", disable=not progress)

    @property
    def counts(self) -> Counts:
        """Over the same texts."""
        unscored = [right for reading in self.readings for right in reading.unscored]
        n_gold = sum(len(reading.eg.reference.ents) for reading in self.readings)
        return Counts(n_gold, len(unscored), sum(unscored))

    def entities(self, temperature: float) -> Judged:
        """The entities that are found and whose tokens have gold annotation, whatever ``min_score`` is: those that
        ``calibration_error`` counts. What was computed once is remembered."""
        return self._entities(temperature)[0]

    def texts(self, temperature: float) -> Ints1d:
        """RETURNS (Ints1d): for each of the same entities the index of its text; Shape: (n_entities,)."""
        return self._entities(temperature)[1]

    def _entities(self, temperature: float) -> Tuple[Judged, Ints1d]:
        if temperature not in self._known:
            rows = list(self._rows(temperature))
            self._bar.update()
            texts = np.array([text for text, _, _ in rows], dtype=np.int64)
            self._known[temperature] = to_judged((score, right) for _, score, right in rows), texts
        return self._known[temperature]

    def _rows(self, temperature: float) -> Iterator[Tuple[int, float, bool]]:
        """YIELDS (Tuple[int, float, bool]): index of the text, score of the entity, whether it is right."""
        docs = (reading.eg.predicted for reading in self.readings)
        first = 0
        for batch in batches(docs, batch_size=BATCH_SIZE, max_words=self.ner.max_words):
            part = self.readings[first : first + len(batch)]
            found = self.ner.decode(
                batch,
                [reading.scores for reading in part],
                outside=[reading.outside for reading in part],
                temperature=temperature,
            )
            for i, spans in enumerate(found, first):
                for span in spans:
                    right = self._judges[i](span.start, span.end, span.label)
                    if right is not None:
                        yield i, span.score, right
            first += len(batch)


def record(
    nlp: Language, ner: BertfamNER, examples: Iterable[Example], *, progress: bool = False
) -> Recording:
    """Read the texts by all that stands before a recogniser, and score their tags.

    examples (Iterable[Example]): the reference side is annotated; of the predicted side only the words count.
    progress (bool): show on standard error how far it is.
    """
    examples = [eg for eg in examples if eg.reference.has_annotation("ENT_IOB") and len(eg.predicted)]
    names = nlp.pipe_names
    with nlp.select_pipes(disable=names[names.index(ner.name) :]):
        docs = nlp.pipe((bare_copy(eg.predicted, nlp.vocab) for eg in examples), batch_size=BATCH_SIZE)
        read = _scored(ner, tqdm(docs, total=len(examples), desc="read", disable=not progress))
        readings = [
            _reading(ner, doc, scores, eg.reference) for eg, (doc, scores) in zip(examples, read, strict=True)
        ]
    return Recording(ner, readings, progress=progress)


def _reading(ner: BertfamNER, doc: Doc, scores: NDArray[np.float32], reference: Doc) -> Reading:
    eg = Example(bare_copy(doc, doc.vocab), reference)
    if ner.overwrite_ents:
        return Reading(eg, scores, None, [])
    preset, is_right = find_preset(doc), judge_of(eg)
    judged = (is_right(ent.start, ent.end, ent.label_) for ent in preset.ents)
    return Reading(eg, scores, preset.tokens, [right for right in judged if right is not None])


def _scored(ner: BertfamNER, docs: Iterable[Doc]) -> Iterator[Tuple[Doc, NDArray[np.float32]]]:
    for batch in batches(docs, batch_size=BATCH_SIZE, max_words=ner.max_words):
        yield from zip(batch, ner.score_tags(batch), strict=True)
