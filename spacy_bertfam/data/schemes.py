"""Column tags -> spans, in whatever scheme the file turns out to be written."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from .trimming import without_marks

# U+0085, U+2028 and their like end lines elsewhere, so that a whole file may stand in one tag
LEGAL_TAG = re.compile(r"O|-|[BIMESLU]-\S[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*")
# another tag after a bar: two layers in one cell
STACKED = re.compile(r"\|(?:O(?:\||$)|[BIMESLU]-\S)")
# Tags in other spellings: b-per, PER_I, and OpenNLP's person-start
LETTERS = {"begin": "B", "start": "B", "inside": "I", "cont": "I", "last": "L", "unit": "U"}
MARKS = "|".join(("[bimeslu]", *LETTERS))
MARKED = re.compile(rf"({MARKS})(?:[-_](.*))?|(.*)[-_]({MARKS})", re.IGNORECASE | re.DOTALL)
# M is the I of BMES; continues an open span of the same label, and begins one where none is open
BEGINS_AND_GOES_ON = "IMEL"
CLOSES = "ESLU"

TokenSpan = tuple[int, int, str]


def is_tag(tag: str) -> bool:
    """Whether it is `O`, `-` (nobody annotated this token), or one of B I M E S L U with `-LABEL`."""
    return LEGAL_TAG.fullmatch(tag) is not None and STACKED.search(tag) is None


def expected_tag(found: str) -> str:
    """RETURNS (str): what was expected instead of a tag that is none."""
    if STACKED.search(found):
        return "expected one tag, and each layer in a column of its own (--tag-column 2,3 reads both)"
    return "expected O, or a letter of B I E S L U with a label, as in `B-LOC` (--scheme plain: as `LOC`)"


def marked_tags(labels: Sequence[str]) -> dict[str, str]:
    """Find labels that seem to be tags in another spelling: one has two marks (b-per and i-per), or all are B or I.

    A single mark says nothing, nor do two that are no beginning and inside: e-mail, vitamin_b and vitamin_e are labels.
    RETURNS (dict[str, str]): label -> the tag that it seems to be; {} where all are plain.
    """
    matches = ((label, MARKED.fullmatch(label)) for label in labels)
    parts = {label: (m[1] or m[4], m[2] or m[3] or "ENTITY") for label, m in matches if m}
    tags = {label: (LETTERS.get(mark.lower(), mark.upper()), stem) for label, (mark, stem) in parts.items()}
    n_marks = Counter(stem for _, stem in set(tags.values()))
    several = {stem for stem, n in n_marks.items() if n > 1}
    used = {letter for letter, stem in tags.values() if stem in several}
    if "B" not in used or not (used & set("IM") or len(several) > 1):
        used = set()
    if len(tags) == len(labels) and {letter for letter, _ in tags.values()} <= set("BI"):
        used = set("BI")
    return {label: f"{letter}-{stem}" for label, (letter, stem) in tags.items() if letter in used}


def clean_tag(cell: str) -> str:
    """RETURNS (str): the tag in a cell, its label without what is invisible at its edges; "" if there is none."""
    tag = without_marks(cell)
    tag = tag[:2] + without_marks(tag[2:])
    return tag if is_tag(tag) else ""


def recognize_scheme(sentences: Iterable[Sequence[str]]) -> str:
    """Name the scheme that the tags of a whole file are written in.

    B- says little by itself: IOB1 writes it only between two neighbors of one label, IOB2 on every entity.

    RETURNS (str): "IO", "IOB1", "IOB2", "BIOES" or "BILUO"; "mixed" if letters of both of the last two occur.
    """
    letters: set[str] = set()
    free_b = free_i = 0
    for tags in sentences:
        previous = ""
        for tag in tags:
            letters.add(tag[0])
            follows = tag[2:] != "" and previous[2:] == tag[2:]
            free_b += tag[0] == "B" and not follows
            free_i += tag[0] == "I" and not follows
            previous = tag
    if letters & set("ES"):
        return "mixed" if letters & set("LU") else "BIOES"
    if letters & set("LU"):
        return "BILUO"
    if free_i and not free_b:
        return "IOB1" if "B" in letters else "IO"
    return "IOB2"


def tags_to_spans(tags: Sequence[str], *, scheme: str) -> tuple[list[TokenSpan], list[int]]:
    """Read the tags of one sentence, mending what the scheme does not allow.

    An I-, E- or L- with nothing to continue begins a span; a span that is never closed ends where it stops.

    RETURNS (tuple[list[TokenSpan], list[int]]): spans (first token, token after the last, label), and the tokens
        whose tags were mended.
    """
    spans: list[TokenSpan] = []
    mended: set[int] = set()
    start, label = -1, ""  # of the open span, if start is not -1
    must_close = scheme in ("BIOES", "BILUO")
    for i, tag in enumerate([*tags, "O"]):
        prefix, tag_label = tag[0], tag[2:]
        if not (start >= 0 and prefix in BEGINS_AND_GOES_ON and tag_label == label):
            if start >= 0:
                spans.append((start, i, label))
                if must_close:
                    mended.add(i - 1)
            start, label = (-1, "") if prefix in "O-" else (i, tag_label)
            if prefix in "EL" or (prefix in "IM" and scheme not in ("IO", "IOB1")):
                mended.add(i)
        if prefix in CLOSES:
            spans.append((start, i + 1, label))
            start, label = -1, ""
    return spans, sorted(mended)
