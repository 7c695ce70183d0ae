"""Gold entities beside predicted ones of a text: right, wrong in border or label, missed or spurious, each once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from spacy.tokens import Doc
from spacy.training import Example

from ..evaluation.scored import gold_places
from ..visual.marked import score_of

RIGHT, BOUNDARY, TYPE, BOTH, MISSED, SPURIOUS = KINDS = (
    "right", "boundary", "type", "boundary_type", "missed", "spurious",
)  # fmt: skip
# Of a pair that overlaps, by whether the borders and whether the labels are the same
PAIRED = {(True, True): RIGHT, (True, False): TYPE, (False, True): BOUNDARY, (False, False): BOTH}


class Entity(NamedTuple):
    """A labeled span of tokens of the gold Doc, on either side."""

    label: str
    start: int
    end: int  # exclusive
    score: float | None = None


class AnswerScore(NamedTuple):
    """The answer to a question beside the gold ones, "no answer" too."""

    row: str  # the question word
    kind: str  # one of KINDS
    exact: float  # 1 or 0
    f1: float  # of the words, 0 to 1
    score: float  # the probability of the best answer, whatever ``min_score`` is
    is_right: bool  # the best answer


class Outcome(NamedTuple):
    """What became of a gold entity, or of a predicted one that stands for none."""

    kind: str  # one of KINDS
    gold: Entity | None
    predicted: Entity | None

    @property
    def label(self) -> str:
        """The gold one, where there is one."""
        entity = self.gold or self.predicted
        assert entity is not None
        return entity.label


def gold_entities(doc: Doc) -> list[Entity]:
    """RETURNS (list[Entity]): those of ``doc.ents``."""
    return [Entity(ent.label_, ent.start, ent.end) for ent in doc.ents]


def predicted_entities(eg: Example, rename: Mapping[str, str]) -> Iterator[Entity | None]:
    """The entities of the predicted side in tokens of the other.

    rename (Mapping[str, str]): predicted label -> label wanted; "O" drops it.
    YIELDS (Entity | None): None where its tokens have no gold annotation: spaCy's scorer leaves it out too.
    """
    place_of = gold_places(eg)
    for ent in eg.predicted.ents:
        label = rename.get(ent.label_, ent.label_)
        if label != "O":
            place = place_of(ent.start, ent.end)
            yield None if place is None else Entity(label, *place, score_of(ent))


def pair_entities(gold: Sequence[Entity], predicted: Sequence[Entity]) -> list[Outcome]:
    """Pair each gold entity with at most one predicted one that overlaps it, and the other way round.

    The same borders and label go first, then the same borders, then the same label, then any overlap; among equals
    the longest overlap, then the earliest.
    RETURNS (list[Outcome]): in the order of the text.
    """
    owner = {token: i for i, ent in enumerate(gold) for token in range(ent.start, ent.end)}
    pairs = []
    for j, ent in enumerate(predicted):
        for i in {owner[token] for token in range(ent.start, ent.end) if token in owner}:
            same_place = gold[i][1:3] == ent[1:3]
            same_label = gold[i].label == ent.label
            overlap = min(gold[i].end, ent.end) - max(gold[i].start, ent.start)
            pairs.append((not same_place, not same_label, -overlap, i, j))
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, _, _, i, j in sorted(pairs):
        if i not in taken and j not in used:
            taken[i] = j
            used.add(j)
    found = [_outcome(ent, predicted[taken[i]] if i in taken else None) for i, ent in enumerate(gold)]
    found += [Outcome(SPURIOUS, None, ent) for j, ent in enumerate(predicted) if j not in used]
    return sorted(found, key=lambda one: (one.gold or one.predicted or ())[1:3])


def _outcome(gold: Entity, predicted: Entity | None) -> Outcome:
    if predicted is None:
        return Outcome(MISSED, gold, None)
    kind = PAIRED[gold[1:3] == predicted[1:3], gold.label == predicted.label]
    return Outcome(kind, gold, predicted)
