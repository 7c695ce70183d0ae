"""Entries as spaCy's binary format."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from spacy.tokens import Doc, DocBin, Span, SpanGroup
from spacy.vocab import Vocab

from .entry import Entity, Entry, whole

ATTRS = ("ENT_IOB", "ENT_TYPE", "SENT_START")
SCORE = "score"  # Span._.score, where a recognizer has registered it


def write_docbin(entries: Iterable[Entry], place: Path, left_out: Counter[str]) -> None:
    """Write one file, which spaCy can neither write nor read in parts: memory grows with it."""
    vocab = Vocab()
    docs = DocBin(attrs=ATTRS, store_user_data=True)
    for entry in entries:
        docs.add(to_doc(entry, vocab))
    docs.to_disk(place)


def to_doc(entry: Entry, vocab: Vocab) -> Doc:
    """RETURNS (Doc): with the tokens of the entry, and scores in `ent._.score` and beside the spans of a group."""
    text, tokens = whole(entry["text"]), entry["tokens"]
    borders = [*(start for start, _ in tokens), len(text)]
    begins = set(entry.get("sents", ()))
    doc = Doc(
        vocab,
        words=[text[start:end] for start, end in tokens],
        spaces=[end < after for (_, end), after in zip(tokens, borders[1:], strict=True)],
        sent_starts=[i in begins for i in range(len(tokens))] if "sents" in entry else None,
    )
    ents = [_span(doc, e) for e in entry["entities"]]
    doc.set_ents(ents, missing=[doc[i : i + 1] for i in entry.get("missing", ())], default="outside")
    for ent, e in zip(ents, entry["entities"], strict=True):
        if e["score"] is not None and Span.has_extension(SCORE):
            ent._.set(SCORE, e["score"])
    for key, group in entry.get("spans", {}).items():
        scores = [e["score"] for e in group]
        attrs = {} if None in scores else {"scores": scores}
        doc.spans[key] = SpanGroup(doc, name=key, attrs=attrs, spans=[_span(doc, e) for e in group])
    doc.cats = entry.get("cats", {})
    for key in ("id", "error"):
        if key in entry:
            value = entry[key]  # type: ignore[literal-required]
            fits = isinstance(value, int) and abs(value) < 2**63  # msgpack's
            doc.user_data[key] = value if fits else whole(str(value))
    return doc


def _span(doc: Doc, entity: Entity) -> Span:
    span = doc.char_span(entity["start"], entity["end"], label=entity["label"])
    assert span is not None  # its borders are token borders
    return span
