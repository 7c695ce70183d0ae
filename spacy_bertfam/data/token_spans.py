"""JSON whose spans count words: of GLiNER, SciERC and DyGIE++, SpERT, and Prodigy without offsets of characters."""

from collections.abc import Mapping
from typing import Any

from ..errors import DataError
from .column_tags import layers_of
from .json_values import as_list, objects_of, shown
from .token_tasks import Sentences, TaggedWord

Span = tuple[int, int, str]  # first word, the word after the last, label
FORM = "[first word, last word, label]"


def read_token_spans(entry: Mapping[str, Any]) -> Sentences | None:
    """RETURNS (Sentences | None): words with tags, a column for the spans that overlap none, further ones for the rest;
    None where the entry is in another form.

    GLiNER: {"tokenized_text": [...], "ner": [[0, 1, "PER"]]}, with the last word.
    SciERC, DyGIE++: {"sentences": [[...], ...], "ner": [[[0, 1, "PER"]], ...]}, words of the document, with the last.
    SpERT: {"tokens": [...], "entities": [{"start": 0, "end": 2, "type": "PER"}]}, without the last.
    Prodigy: {"tokens": [{"text": ...}], "spans": [{"token_start": 0, "token_end": 1, "label": "PER"}]}, with the last.
    RAISES (DataError): when a span has no label or is no span of the words.
    """
    sentences, spans = _parts(entry)
    if sentences is None:
        return None
    words = [word for sentence in sentences for word in sentence]
    found: list[Span] = []
    for span, (start, end, label) in spans:
        is_placed = type(start) is int and type(end) is int and 0 <= start < end <= len(words)
        if not is_placed or not isinstance(label, str) or not label.strip():
            raise DataError(f"found the span {shown(span)}; expected {FORM}, words 0 to {len(words) - 1}.")
        found.append((start, end, label))
    columns, _ = layers_of(set(found), len(words))
    pairs = zip(words, zip(*columns, strict=True), strict=True)
    rows = (TaggedWord(text, tags, space) for (text, space), tags in pairs)
    return [[next(rows) for _ in sentence] for sentence in sentences]


def _parts(entry: Mapping[str, Any]) -> tuple[list[list[tuple[str, bool | None]]] | None, list[Any]]:
    """RETURNS (tuple): sentences of words, each with whether a space follows, and the spans as they are and as start,
    end and label; None of another form."""
    ner, tokens = entry.get("ner"), entry.get("tokens")
    if "tokenized_text" in entry and isinstance(ner, list):
        return [_words(entry["tokenized_text"])], [(span, _listed(span)) for span in ner]
    sentences = entry.get("sentences")
    if isinstance(ner, list) and isinstance(sentences, list) and all(isinstance(s, list) for s in sentences):
        return list(map(_words, sentences)), [(span, _listed(span)) for part in ner for span in as_list(part)]
    if not isinstance(tokens, list) or ("text" in entry and not _counts_words(entry.get("spans"))):
        return None, []
    if isinstance(entry.get("entities"), list) and tokens and all(isinstance(token, str) for token in tokens):
        keys = ("start", "end", "type")
        found = [(span, span if isinstance(span, dict) else {}) for span in entry["entities"]]
        return [_words(tokens)], [(span, [known.get(key) for key in keys]) for span, known in found]
    if _counts_words(entry.get("spans")) and len(objects_of(tokens)) == len(tokens):
        words = [(token.get("text"), token.get("ws")) for token in tokens]
        if not all(isinstance(text, str) for text, _ in words):
            raise DataError('found a token without "text"; expected {"text": "Claire", "id": 0}.')
        spans = [(s, [s["token_start"], _after(s["token_end"]), s.get("label")]) for s in entry["spans"]]
        return [[(text, space if isinstance(space, bool) else None) for text, space in words]], spans
    return None, []


def _counts_words(spans: Any) -> bool:
    """Whether all are Prodigy's, with words and without characters."""
    found = objects_of(spans)
    are_words = all({"token_start", "token_end"} <= span.keys() and "start" not in span for span in found)
    return bool(found) and len(found) == len(spans) and are_words


def _words(words: Any) -> list[tuple[str, bool | None]]:
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise DataError(f"found {shown(words)}; expected a list of words.")
    return [(word, None) for word in words]


def _listed(span: Any) -> list[Any]:
    """RETURNS (list): start, end and label of a list whose end is the last word."""
    start, last, label = span[:3] if isinstance(span, list) and len(span) >= 3 else (None, None, None)
    return [start, _after(last), label]


def _after(last: Any) -> Any:
    return last + 1 if type(last) is int else last
