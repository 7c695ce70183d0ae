"""PubTator's lines -> values as JSON has them. Form: https://www.ncbi.nlm.nih.gov/research/pubtator3/api"""

import re
from collections.abc import Iterator
from typing import Any

from ..errors import DataError
from .json_values import Numbered
from .jsonl import read_records_of
from .options import Source
from .records import Record

PASSAGE = re.compile(r"(?P<id>[^|\t]+)\|(?P<kind>[ta])\|(?P<text>.*)")
FORM = "`1234<tab>0<tab>5<tab>words<tab>Disease`"


def read_pubtator(file: Source) -> Iterator[Record]:
    """Read documents of a title, an abstract and entities, with a blank line after each. Relations are counted.

    RAISES (DataError): when a line is none of these; it names the line.
    """
    yield from read_records_of(list(_pubtator(file)), file)


def _pubtator(file: Source) -> Iterator[Numbered]:
    document: dict[str, Any] = {}
    first = 0
    for number, line in file.lines():
        passage, cells = PASSAGE.fullmatch(line), line.split("\t")
        is_same = bool(document) and (passage["id"] if passage else cells[0]) == document["id"]
        if passage and (passage["kind"] == "t" or not is_same):
            if document:
                yield first, document
            document, first = {"id": passage["id"], "text": passage["text"], "entities": []}, number
        elif passage:
            document["text"] += f"\n{passage['text']}"  # offsets count one character between the two
        elif is_same and len(cells) >= 5 and cells[1].isdecimal() and cells[2].isdecimal():
            entity = {"start": cells[1], "end": cells[2], "text": cells[3], "label": cells[4]}
            document["entities"].append(entity)
        elif is_same and len(cells) >= 4 and not cells[1].isdecimal():
            file.report.ignored["relation lines"] += 1
        elif line.strip():
            expected = f"{FORM} with the number of the document before it, or a title as `1234|t|...`"
            raise DataError(f"found {line[:60]!r}; expected {expected}.", line=number)
    if document:
        yield first, document
