"""The cells of a column -> tags with B- and I-: from tags, plain labels, brackets or properties (CoNLL-U's MISC).

Brackets: CoNLL-2012 has `(PERSON*` and `*)`, https://conll.cemantix.org/2012/data.html; CorefUD and GUM have
`Entity=(e1-person-1` and `e1)` in MISC, https://ufal.mff.cuni.cz/corefud. Properties: `name=B-PER` in NorNE, `NER=`,
`NE=` and `Entity=` elsewhere, https://universaldependencies.org/format.html#miscellaneous.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf

from ..errors import DataError
from .schemes import expected_tag, is_tag, marked_tags
from .trimming import clean_label

NOTHING = ("O", "_", "-", "", "0", "*")
PROPERTY = re.compile(r"(?:^|\|)(?:name|NE|NER|ner|ne|Entity|NamedEntity)=([^|]*)")
BRACKETS = re.compile(r"\*|-|_|\*\)+|(?:\(\w[^()*]*)+\*?\)*")
PARTS = re.compile(r"[()*]|[^()*]+")
# a label, and no tag in another spelling, as B_PER or PER-B
PLAIN = re.compile(r"(?![BIESLU]_)[^\W\d_][\w-]{2,}(?<![-_][BIESLU])")
FIELDS = re.compile(r"#\s*global\.Entity\s*=\s*(\S+)")  # names what stands between the dashes of CorefUD
PART = re.compile(r"\[\d+/\d+\]")  # of a discontinuous mention
DEEP = 20  # entities within each other
UNPAIRED = "brackets of entities without their other half"
TOO_MANY = f"entities beyond the {DEEP}th at the same words"
DISCONTINUOUS = "parts of discontinuous mentions"


def style_of(cells: Iterable[str], *, is_plain: bool = False) -> str:
    """RETURNS (str): "tags", "properties", "brackets", "plain" or, of what holds no entities, "".

    is_plain (bool): whether the user says so; otherwise some cells are O, and all others look like labels.
    """
    counts = Counter(cells)
    labels = [cell for cell in counts if cell not in NOTHING]
    if any(map(PROPERTY.search, labels)):
        return "properties"
    if is_plain and labels:
        return "plain"
    if labels and all(map(is_tag, labels)):
        return "tags"
    if any(cell[0] == "(" for cell in labels) and all(map(BRACKETS.fullmatch, [*labels])):
        return "brackets"
    is_labels = bool(labels) and all(PLAIN.fullmatch(label) and not is_tag(label) for label in labels)
    return "plain" if is_labels and counts["O"] and not marked_tags(labels) else ""


def property_of(cell: str) -> str:
    """RETURNS (str): what a cell of MISC says of entities, "O" where it says nothing."""
    match = PROPERTY.search(cell)
    return (clean_label(match[1]) if match else "") or "O"


def plain_tag(cell: str) -> str:
    """RETURNS (str): the tag for a label without B- and I-."""
    label = clean_label(cell)
    tag = "O" if label in NOTHING else f"I-{label}"
    if not is_tag(tag):
        raise DataError(f"found the label {cell[:40]!r}; {expected_tag(cell)}.")
    return tag


def bracket_layers(cells: Sequence[str], *, field: int | None, lost: Counter[str]) -> list[list[str]]:
    """Read the brackets of one sentence; entities that overlap go to further layers.

    field (int | None): which of the parts between dashes is the label, the first of which names the mention;
        None where the brackets hold labels alone.
    lost (Counter[str]): counts what is no whole entity.
    RETURNS (list[list[str]]): tags, at least one layer of them.
    """
    spans: list[tuple[int, int, str]] = []
    open_spans: list[tuple[int, str]] = []
    for i, cell in enumerate(cells):
        name = before = ""
        for part in PARTS.findall(cell):
            if before == "(" and part not in "()*":
                open_spans.append((i, part))
                if len(open_spans) > DEEP:
                    lost[UNPAIRED] += 1
                    del open_spans[0]
            elif part == ")":
                found = [span for span in open_spans if not name or f"{span[1]}-".startswith(f"{name}-")]
                if found:
                    open_spans.remove(found[-1])
                    spans += _closed(*found[-1], i + 1, field, lost)
                lost.update([UNPAIRED] * (not found))
                name = ""
            elif part not in "(*":
                name = part
            before = part
    lost.update([UNPAIRED] * len(open_spans))
    layers, n_left = layers_of(spans, len(cells), most=DEEP)
    lost.update([TOO_MANY] * n_left)
    return layers


def _closed(
    start: int, opening: str, end: int, field: int | None, lost: Counter[str]
) -> list[tuple[int, int, str]]:
    """RETURNS (list): the span of a mention, [] where it is no entity."""
    parts = opening.split("-") if field is not None else [opening]
    label = clean_label(parts[field] if field is not None and field < len(parts) else parts[0])
    problem = DISCONTINUOUS if PART.search(parts[0]) else "" if label else "mentions without a type"
    lost.update([problem] * bool(problem))
    return [] if problem else [(start, end, label)]


def label_field(comments: Iterable[str]) -> int:
    """RETURNS (int): where the label stands between the dashes; older files of GUM have it first."""
    for comment in comments:
        match = FIELDS.match(comment)
        if match and "etype" in match[1].split("-"):
            return match[1].split("-").index("etype")
    return 0


def layers_of(
    spans: Iterable[tuple[int, int, str]], n: int, *, most: float = inf
) -> tuple[list[list[str]], int]:
    """Lay spans over each other, the longest first, so that those of a layer are apart.

    spans (Iterable): first token, token after the last, label. most (float): layers.
    RETURNS (tuple[list[list[str]], int]): tags in IOB2, one layer at least; and how many spans found no place.
    """
    layers, n_left = [["O"] * n], 0
    for start, end, label in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        layer = next((found for found in layers if set(found[start:end]) == {"O"}), None)
        if layer is None and len(layers) >= most:
            n_left += 1
            continue
        if layer is None:
            layer = ["O"] * n
            layers.append(layer)
        layer[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return layers, n_left
