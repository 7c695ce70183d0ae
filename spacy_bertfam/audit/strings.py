"""The same string annotated differently: what nearly all places of a string are, and the few that deviate."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

# A string says something where it occurs so often, and so much of it is annotated alike
MIN_TIMES, MIN_SHARE = 4, 0.8


class Usage(NamedTuple):
    """A place of a string that is annotated alike nearly everywhere."""

    start: int  # first token
    end: int  # token after the last
    label: str  # "" where it is no entity
    usual: str  # the label that it mostly has; "" where it is mostly no entity
    times: tuple[int, int]  # how often it is annotated so, and how often in another way

    @property
    def deviates(self) -> bool:
        """Whether this place is annotated otherwise."""
        return self.label != self.usual

    @property
    def evidence(self) -> float:
        """The share of its places that are annotated as mostly; below 0 where this one is so too."""
        return self.times[0] / sum(self.times) * (1 if self.deviates else -1)


def find_usages(docs: Sequence[Doc]) -> list[list[Usage]]:
    """Compare all places of each string that is an entity somewhere.

    A place within a longer entity, or where annotation is missing, says nothing.
    RETURNS (list[list[Usage]]): of each text, without overlap.
    """
    if not docs:
        return []
    matcher = PhraseMatcher(docs[0].vocab)
    for text, ent in {ent.text: ent for doc in docs for ent in doc.ents if ent.text.strip()}.items():
        matcher.add(text, [ent.as_doc()])
    places: dict[str, list[tuple[int, Span, str]]] = defaultdict(list)
    for i, doc in enumerate(docs):
        for span in matcher(doc, as_spans=True):
            label = _label_at(span)
            if label is not None:
                places[span.text].append((i, span, label))
    found: list[dict[Span, Usage]] = [{} for _ in docs]
    for own in places.values():
        usual, n = Counter(label for _, _, label in own).most_common(1)[0]
        if len(own) >= MIN_TIMES and n >= MIN_SHARE * len(own):
            for i, span, label in own:
                found[i][span] = Usage(span.start, span.end, label, usual, (n, len(own) - n))
    return [[each[span] for span in filter_spans(each)] for each in found]


def _label_at(span: Span) -> str | None:
    """RETURNS (str | None): the label of an entity with just these borders, "" where none is near; None where another
    one is, or where nobody has said."""
    ents = span.ents
    if ents and (ents[0].start, ents[0].end) == (span.start, span.end):
        return str(ents[0].label_)
    is_free = all(token.ent_iob_ == "O" for token in span)
    return "" if is_free else None
