"""UIMA XMI (CAS), as INCEpTION, DKPro and cTAKES write it -> records, one a view of the document.

Form: https://docs.oasis-open.org/uima/v1.0/uima-v1.0.html, chapter 4.1, and "XMI CAS Serialization" of UIMA's
reference. Offsets count UTF-16 code units of the `sofaString`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

from ..errors import DataError
from .options import Source
from .records import Mention, Record
from .text_file import BOM
from .trimming import clean_label
from .utf16 import from_utf16

ROOT, SOFA = "XMI", "Sofa"
ENTITIES = "ner/type.ecore"  # DKPro's and INCEpTION's named entities
# Namespaces of sentences, words and the like; the last ones are cTAKES'
SPACES_OF_TOOLS = ("dkpro", "/uima/", "xmi", "/type/syntax", "/type/textspan", "/type/structured")
OFFSET = re.compile(r"[0-9]{1,9}")
LABEL_KEYS = ("value", "label", "entityType", "category", "type", "name")


class Feature(NamedTuple):
    """One element of the CAS with its line; namespace and type are the two halves of its name."""

    namespace: str
    type: str
    values: dict[str, str]
    line: int


def read_xmi(file: Source) -> Iterator[Record]:
    """Entities are DKPro's; where there are none, annotations of the user's own layers.

    A type's value is its label, and without one the type's name. `options.tag_columns` names types or features.
    RAISES (DataError): when the file is no XMI, declares entities, or an annotation is outside of the text.
    """
    features = list(_features(file.text()))
    texts = [each for each in features if each.type == SOFA and "sofaString" in each.values]
    if not texts:
        raise DataError("found no sofaString; expected a CAS in XMI with its text.")
    spans = [each for each in features if "begin" in each.values and "end" in each.values]
    chosen = _chosen(spans, file.options.tag_columns)
    is_chosen = {id(each) for each in chosen}
    left_out = Counter(each.type for each in spans if id(each) not in is_chosen)
    file.report.ignored.update({f"annotations of the type {name[:40]}": n for name, n in left_out.items()})
    for sofa in texts:
        text = sofa.values["sofaString"]
        own = [each for each in chosen if each.values.get("sofa") == sofa.values.get("xmi:id")]
        mentions = tuple(_mentions(own, text, file.options.tag_columns))
        name = file.name if len(texts) == 1 else f"{file.name}:{sofa.values.get('sofaID', '')[:40]}"
        yield Record(text, mentions, document=name, source=file.name, line=sofa.line)


def _features(text: str) -> Iterator[Feature]:
    """All elements below the root; entities are not expanded, a file that declares one is refused."""
    parser = expat.ParserCreate(namespace_separator=" ")
    found: list[Feature] = []
    prefixes = {"http://www.omg.org/XMI": "xmi:"}

    def start(name: str, attributes: dict[str, str]) -> None:
        namespace, _, kind = name.rpartition(" ")
        if not found and kind != ROOT:
            raise DataError(f"found <{kind[:40]}>; expected <xmi:XMI>.", line=parser.CurrentLineNumber)
        values = {}
        for key, value in attributes.items():
            space, _, name = key.rpartition(" ")
            values[prefixes.get(space, "") + name] = value
        found.append(Feature(namespace, kind, values, parser.CurrentLineNumber))

    def refuse(*_: object) -> None:
        expected = "expected XMI without a DTD, as UIMA writes it"
        raise DataError(f"declares entities of XML; {expected}.", line=parser.CurrentLineNumber)

    parser.StartElementHandler = start
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text.removeprefix(BOM), True)
    except expat.ExpatError as error:
        found_error = f"found no valid XML ({expat.ErrorString(error.code)})"
        raise DataError(f"{found_error}; expected whole XMI.", line=error.lineno) from error
    yield from found[1:]


def _chosen(spans: list[Feature], wanted: tuple[str, ...]) -> list[Feature]:
    if wanted:
        found = [each for each in spans if each.type in wanted or any(name in each.values for name in wanted)]
        if not found:
            known = ", ".join(sorted({each.type for each in spans}))[:200]
            missing = f"found no type or feature {wanted[0][:40]!r}"
            raise DataError(f"--tag-column: {missing}; the types are {known}.")
        return found
    entities = [each for each in spans if each.namespace.endswith(ENTITIES)]
    return entities or [each for each in spans if not any(part in each.namespace for part in SPACES_OF_TOOLS)]


def _mentions(spans: list[Feature], text: str, wanted: tuple[str, ...]) -> Iterator[Mention]:
    place = from_utf16(text)
    for each in spans:
        begin, end = (each.values[key] for key in ("begin", "end"))
        known = [place(int(unit)) if OFFSET.fullmatch(unit) else -1 for unit in (begin, end)]
        if not 0 <= known[0] <= known[1]:
            expected = "expected begin before end, in UTF-16 units of the sofaString"
            raise DataError(f"found {each.type[:40]} at {begin[:9]}-{end[:9]}; {expected}.", line=each.line)
        keys = [name for name in wanted if name in each.values] or LABEL_KEYS
        label = next((each.values[key] for key in keys if clean_label(each.values.get(key, ""))), each.type)
        yield Mention(known[0], known[1], clean_label(label), each.line)
