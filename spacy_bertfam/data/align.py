"""A record -> a spaCy Doc with its entities, every one of them kept or accounted for.

An entity whose borders are not token borders cannot stand in `doc.ents`. Its tokens are then marked as
*missing annotation* (what BILUO writes as "-"), not as O: a model is taught nothing by them, rather than
taught that half of a name is no name. The same goes for the tokens of any other lost entity that no kept
entity covers, except for a label that the user drops: that is O by wish.
"""

from collections.abc import Mapping

from spacy.language import Language
from spacy.tokens import Doc, Span

from .records import Mention, Record
from .report import DROPPED, DUPLICATE, MOVED, OFF_BORDERS, OVERLAP, ConversionReport
from .trimming import is_invisible, trim_offsets

ALIGNMENTS = ("strict", "contract", "expand")
NESTED = "nested"  # the key in doc.spans


def build_doc(
    record: Record,
    nlp: Language,
    *,
    labels: Mapping[str, str | None],
    alignment: str,
    report: ConversionReport,
) -> Doc:
    """Make a Doc with `doc.ents`; where entities overlap, the longest.

    If any entities of the corpus overlap, all stand in `doc.spans["nested"]`, which each Doc then has. Spans of a group
    stand in theirs, whatever the entities are.

    labels (Mapping[str, str | None]): label in the record -> label in the Doc, None to drop it; others stay as
        they are.
    alignment (str): what to do with an entity that is off the token borders: "strict" loses it, "contract"
        cuts it down to the tokens wholly inside (and loses it if there are none), "expand" takes every token
        that it touches.
    """
    doc = _tokenize(record, nlp)
    found: list[tuple[Span, Mention]] = []
    groups: dict[str, list[Span]] = {key: [] for key in report.groups}
    places = [trim_offsets(record.text, start, end) for start, end in record.missing]
    unknown = [_touched(doc, start, end) for start, end in places if start < end]
    for mention in record.mentions:
        label = labels.get(mention.label, mention.label)
        if label is None:
            report.lose(DROPPED, record, mention)
            continue
        touched = _touched(doc, mention.start, mention.end, label)
        is_exact = _same_borders(record.text, touched, mention)
        span = touched if is_exact else doc.char_span(
            mention.start, mention.end, label=label, alignment_mode=alignment
        )  # fmt: skip
        if span is None:
            report.lose(OFF_BORDERS, record, mention, _tokens(touched))
            unknown += [touched] * (not mention.group)
            continue
        if not _same_borders(record.text, span, mention):
            report.change(MOVED, record, mention, _tokens(span))
        if mention.group:
            groups.setdefault(mention.group, []).append(span)
            report.n_kept[mention.label] += 1
        else:
            found.append((span, mention))
    kept, spans = _resolve(found, record, report)
    _annotate(doc, kept, unknown + spans)
    if report.has_overlaps:
        groups[NESTED] = spans + groups.get(NESTED, [])
    for key, group in groups.items():
        doc.spans[key] = _in_order({(span.start, span.end, span.label_): span for span in group})
    return doc


def _tokenize(record: Record, nlp: Language) -> Doc:
    if record.words is None:
        return nlp.tokenizer(record.text)  # whatever nlp.max_length is: that bounds what parsers take
    sent_starts: list[bool | int | None] = list(record.sent_starts or ())
    return Doc(nlp.vocab, words=list(record.words), spaces=list(record.spaces or ()), sent_starts=sent_starts)


def _touched(doc: Doc, start: int, end: int, label: str = "") -> Span:
    span = doc.char_span(start, end, label=label, alignment_mode="expand")
    assert span is not None  # the offsets are in the text and not equal
    return span


def _same_borders(text: str, span: Span, mention: Mention) -> bool:
    """A token may hold an invisible character that was trimmed off the entity, as in "Wales\\u200f"."""
    # the text comes as an argument since doc.text is put together anew each time
    (a, b), (c, d) = sorted((span.start_char, mention.start)), sorted((span.end_char, mention.end))
    return is_invisible(text[a:b]) and is_invisible(text[c:d])


def _tokens(span: Span) -> str:
    return "tokens: " + " | ".join(token.text for token in span)


def _resolve(
    found: list[tuple[Span, Mention]], record: Record, report: ConversionReport
) -> tuple[list[Span], list[Span]]:
    """RETURNS (tuple[list[Span], list[Span]]): the spans for doc.ents, and all but duplicates in the text's order."""
    kept: list[Span] = []
    spans: dict[tuple[int, int, str], Span] = {}
    taken: set[int] = set()
    # the sort is stable: of two as long and as early, the first in the file wins
    for span, mention in sorted(found, key=lambda pair: (pair[0].start - pair[0].end, pair[0].start)):
        tokens = range(span.start, span.end)
        if (span.start, span.end, span.label_) in spans:
            report.lose(DUPLICATE, record, mention)
        elif taken.isdisjoint(tokens):
            kept.append(span)
            report.n_kept[mention.label] += 1
            taken.update(tokens)
        else:
            report.lose(OVERLAP, record, mention)
        spans.setdefault((span.start, span.end, span.label_), span)
    return kept, _in_order(spans)


def _in_order(spans: Mapping[tuple[int, int, str], Span]) -> list[Span]:
    return sorted(spans.values(), key=lambda span: (span.start, -span.end))


def _annotate(doc: Doc, kept: list[Span], others: list[Span]) -> None:
    """Set the entities; what only `others` cover is missing annotation."""
    covered = {i for span in kept for i in range(span.start, span.end)}
    missing = {i for span in others for i in range(span.start, span.end)} - covered
    doc.set_ents(kept, missing=[doc[i : i + 1] for i in sorted(missing)], default="outside")
