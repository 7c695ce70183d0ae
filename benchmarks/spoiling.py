"""Gold spoiled on purpose: a share of the entities of a corpus is relabeled, moved, removed or made up."""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from spacy.tokens import Doc, Span


class Spoiled(NamedTuple):
    """A mistake that was made."""

    text: int  # index of the Doc
    kind: str
    start: int  # first token of what was there before or is there now
    end: int  # token after the last


# An entity, those beside it, the labels -> what stands in its place; None where this cannot be done to it
Change = Callable[[random.Random, Span, Sequence[Span], Sequence[str]], list[Span] | None]


def spoil(docs: Sequence[Doc], share: float, *, seed: int) -> list[Spoiled]:
    """Spoil the Docs in place, one entity in ``1 / share``; a quarter of the mistakes is of each kind.

    RETURNS (list[Spoiled]): the mistakes, as many as ``share`` of the entities, rounded.
    """
    rng = random.Random(seed)
    labels = sorted({ent.label_ for doc in docs for ent in doc.ents})
    n_wanted = round(share * sum(len(doc.ents) for doc in docs))
    places = [(i, k) for i, doc in enumerate(docs) for k in range(len(doc.ents))]
    rng.shuffle(places)
    found: list[Spoiled] = []
    taken: set[int] = set()  # one mistake a text, so that one cannot be taken for another
    for i, k in places:
        if len(found) == n_wanted:
            break
        if i in taken:
            continue
        kind = list(CHANGES)[len(found) % len(CHANGES)]
        ents = list(docs[i].ents)
        ent = ents[k]
        new = CHANGES[kind](rng, ent, ents, labels)
        if new is None:
            continue
        changed = [*new, *([] if kind == "added" else [ent])]
        docs[i].set_ents([one for one in ents if one != ent or kind == "added"] + new)
        found.append(Spoiled(i, kind, min(one.start for one in changed), max(one.end for one in changed)))
        taken.add(i)
    return found


def _relabel(rng: random.Random, ent: Span, ents: Sequence[Span], labels: Sequence[str]) -> list[Span] | None:
    others = [label for label in labels if label != ent.label_]
    return [Span(ent.doc, ent.start, ent.end, label=rng.choice(others))] if others else None


def _move(rng: random.Random, ent: Span, ents: Sequence[Span], labels: Sequence[str]) -> list[Span] | None:
    """One border by one token, in or out."""
    start, end = ent.start, ent.end
    moved = [(start - 1, end), (start + 1, end), (start, end - 1), (start, end + 1)]
    others = {token.i for one in ents if one != ent for token in one}
    free = [
        (first, after) for first, after in moved
        if 0 <= first < after <= len(ent.doc) and not others.intersection(range(first, after))
        and not any(ent.doc[i].is_space for i in (first, after - 1))
    ]  # fmt: skip
    return [Span(ent.doc, *rng.choice(free), label=ent.label)] if free else None


def _remove(rng: random.Random, ent: Span, ents: Sequence[Span], labels: Sequence[str]) -> list[Span] | None:
    return []


def _add(rng: random.Random, ent: Span, ents: Sequence[Span], labels: Sequence[str]) -> list[Span] | None:
    """A word of the same text, anywhere outside entities."""
    taken = {token.i for one in ents for token in one}
    words = [token.i for token in ent.doc if token.is_alpha and token.i not in taken]
    if not words:
        return None
    word = rng.choice(words)
    return [Span(ent.doc, word, word + 1, label=rng.choice(list(labels)))]


CHANGES: dict[str, Change] = {"relabeled": _relabel, "moved": _move, "removed": _remove, "added": _add}
