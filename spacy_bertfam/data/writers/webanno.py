"""Entries as a folder of WebAnno TSV 3.3, which INCEpTION imports: a file each.

The form is that of the appendix "WebAnno TSV 3.3 File format" of INCEpTION's user guide
(https://inception-project.github.io/releases/34.5/docs/user-guide.html). Offsets count UTF-16 units, as Java does.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from .entry import Entry, all_spans, tokens_of, visible_tokens
from .file_names import new_file

HEAD = (
    "#FORMAT=WebAnno TSV 3.3\n"
    "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value\n\n"
)
VALUE = str.maketrans({c: f"\\{c}" for c in "\\[]|_;*"} | {"\t": "\\t", "\n": "\\n"})
TEXT = str.maketrans({"\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\b": "\\b", "\\": "\\\\"})


def write_webanno(entries: Iterable[Entry], place: Path, left_out: Counter[str]) -> None:
    """Write a file for each text; tokens of white space have no line."""
    place.mkdir()
    for number, entry in enumerate(entries, start=1):
        path = new_file(place, entry["id"], number, ".tsv")
        with path.open("w", encoding="utf8", errors="backslashreplace", newline="\n") as file:
            file.write(HEAD)
            file.writelines(_lines(entry, left_out))


def _lines(entry: Entry, left_out: Counter[str]) -> Iterator[str]:
    text, tokens = entry["text"], entry["tokens"]
    wide = [i for i, c in enumerate(text) if c > "\uffff"]  # two units each
    visible = visible_tokens(entry, left_out)
    values: dict[int, list[tuple[str, int]]] = {}  # by token
    for n, e in enumerate(all_spans(entry), start=1):
        value = e["label"].translate(VALUE).replace("->", "\\->")
        for i in tokens_of(e, entry, visible, left_out):
            values.setdefault(i, []).append((value, n))
    borders = pairwise(sorted({0, *entry.get("sents", ()), len(tokens)}))
    seen = set(visible)
    sentences = ([i for i in range(*border) if i in seen] for border in borders)
    end_before = 0
    for number, own in enumerate(filter(None, sentences), start=1):
        gap, end_before = text[end_before : tokens[own[0]][0]], tokens[own[-1]][1]
        left_out["spaces between sentences, read as line breaks"] += (
            gap != ("\n" + " " * len(gap))[: len(gap)]
        )
        yield f"\n#Text={text[tokens[own[0]][0] : tokens[own[-1]][1]].translate(TEXT)}\n"
        for place, i in enumerate(own, start=1):
            start, end = (offset + bisect_left(wide, offset) for offset in tokens[i])
            found = "|".join(f"{value}[{n}]" for value, n in values.get(i, ())) or "_"
            identifiers = "|".join(f"*[{n}]" for _, n in values.get(i, ())) or "_"
            word = text[slice(*tokens[i])].translate(TEXT)
            yield f"{number}-{place}\t{start}-{end}\t{word}\t{identifiers}\t{found}\t\n"
