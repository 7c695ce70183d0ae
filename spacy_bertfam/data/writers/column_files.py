"""Entries as columns, a word and its tag in IOB2 or BIOES, as CoNLL has them."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from ..column_lines import DOCSTART
from ..trimming import clean_word
from .entry import Entry, disjoint_spans, tokens_of, visible_tokens

# beginning, inside, end and single token of an entity
LETTERS = {"iob2": "BIIB", "bioes": "BIES"}


def write_columns(entries: Iterable[Entry], place: Path, left_out: Counter[str], *, scheme: str) -> None:
    """Write a line for each word with a tab before its tag, a blank line after a sentence, -DOCSTART- before a text.

    Tokens of white space have no line. No sentence ends inside an entity.
    """
    with place.open("w", encoding="utf8", errors="backslashreplace", newline="\n") as file:
        for entry in entries:
            file.write(f"{DOCSTART}\tO\n\n")
            file.writelines(_lines(entry, LETTERS[scheme], left_out))
            file.write("\n")


write_iob2 = partial(write_columns, scheme="iob2")
write_bioes = partial(write_columns, scheme="bioes")


def _lines(entry: Entry, letters: str, left_out: Counter[str]) -> Iterator[str]:
    visible = visible_tokens(entry, left_out)
    tags = dict.fromkeys(entry.get("missing", ()), "-")
    inside: set[int] = set()  # tokens that an entity goes on with
    for e in disjoint_spans(entry, left_out):
        places = tokens_of(e, entry, visible, left_out)
        if not places:
            continue
        inside.update(range(places[0] + 1, places[-1] + 1))
        tags.update(dict.fromkeys(places, f"{letters[1]}-{e['label']}"))
        tags[places[-1]] = f"{letters[2]}-{e['label']}"
        tags[places[0]] = f"{letters[3 if len(places) == 1 else 0]}-{e['label']}"
    borders = [start for start in entry.get("sents", ()) if start not in inside]
    sentence = None
    for i in visible:
        before, sentence = sentence, bisect_right(borders, i)
        if before is not None and before != sentence:
            yield "\n"
        start, end = entry["tokens"][i]
        word = clean_word(token := " ".join(entry["text"][start:end].split()))
        left_out["invisible marks at the edges of words"] += word != token
        yield f"{word}\t{tags.get(i, 'O')}\n"
