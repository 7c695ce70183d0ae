"""`spacy-bertfam.MixedCorpus.v1`: several corpora that know different things, for heads on one encoder."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import DataError

# What a corpus can be silent about, and how a Doc comes to lack it
FORGET: dict[str, Callable[[Doc], None]] = {
    "ents": lambda doc: doc.set_ents([], default="missing"),
    "cats": lambda doc: doc.cats.clear(),
    "spans": lambda doc: doc.spans.clear(),
}


def build_mixed_corpus(
    parts: dict[str, Any],  # confection checks a nested block against its type before it is resolved
    repeat: dict[str, int] | None = None,
    silent: dict[str, list[str]] | None = None,
) -> Callable[[Language], Iterator[Example]]:
    """Make a reader that goes through several corpora at once, evenly mixed.

    What a Doc has no annotation of contributes no gradient: neither its heads nor its entities are wrong where they are
    missing. So a treebank without entities and a corpus of entities alone train one pipeline.

    parts (dict[str, Callable]): name -> a corpus reader, of spaCy or of this package.
    repeat (dict[str, int] | None): name -> how often it is read in one epoch; others once. A small corpus beside
        a large one wants more than 1; 0 leaves it out.
    silent (dict[str, list[str]] | None): name -> annotation that this corpus has and does not know: "ents",
        "cats", "spans". A treebank whose converter wrote O on every token is silent about "ents".
    RAISES (DataError): when a name is none of the parts', a kind of annotation is unknown, or there is no part.
    """
    repeat, silent = dict(repeat or {}), dict(silent or {})
    if not parts:
        expected = "expected a block such as [corpora.train.parts.syntax]"
        raise DataError(f"the mixed corpus has no parts; {expected}.")
    _check(parts, repeat, silent)

    def read(nlp: Language) -> Iterator[Example]:
        corpora = []
        for name, reader in parts.items():
            examples = list(reader(nlp))
            if not examples:
                found = f"part {name!r} of the mixed corpus is empty"
                raise DataError(f"{found}; expected at least one Doc in it.")
            for eg in examples:
                for kind in silent.get(name, []):
                    FORGET[kind](eg.reference)
            corpora.append(examples * repeat.get(name, 1))
        # each in its order and spread over the whole
        places = [((i + 0.5) / len(c), n, i) for n, c in enumerate(corpora) for i in range(len(c))]
        for _, n, i in sorted(places):
            yield corpora[n][i]

    return read


def _check(parts: dict[str, Any], repeat: dict[str, int], silent: dict[str, list[str]]) -> None:
    checks: list[tuple[str, Iterable[str], str, Iterable[str]]] = [
        ("repeat of the mixed corpus names", repeat, "a part:", parts),
        ("silent of the mixed corpus names", silent, "a part:", parts),
    ]
    checks += [
        (f"silent.{name} of the mixed corpus has", kinds, "some of", FORGET) for name, kinds in silent.items()
    ]
    for found, names, expected, known in checks:
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise DataError(f"{found} {', '.join(unknown)}; expected {expected} {', '.join(known)}.")
    for name, times in repeat.items():
        if times < 0:
            raise DataError(f"repeat.{name} of the mixed corpus is {times}; expected 0 or more.")
