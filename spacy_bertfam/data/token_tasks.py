"""JSON that has a text as words with their tags, as Hugging Face's datasets and spaCy 2 have it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import DataError
from .json_values import objects_of, read_values
from .options import Source
from .text_file import located

WORD_KEYS = ("tokens", "words", "token")
TAG_KEYS = ("ner_tags", "ner", "tags", "labels", "ner_labels", "bio", "iob", "entities")
# Files that stand beside a data set of Hugging Face and name its tags
NAME_KEYS = ("features", "id2label", "label2id")  # of an object that says them within the file
BESIDE = ("dataset_info.json", "dataset_infos.json", "config.json", "id2label.json", "labels.json")
FORM = '{"tokens": ["Claire", ...], "ner_tags": ["B-PER", ...]}'


class TaggedWord(NamedTuple):
    """A word, its tags, one per column, and whether a space follows, None where nothing says it."""

    text: str
    tags: tuple[Any, ...]
    space: bool | None = None


Sentences = Sequence[Sequence[TaggedWord]]


def read_tokens(entry: Mapping[str, Any], columns: Sequence[str]) -> Sentences | None:
    """Words under "tokens" or "words", tags under "ner_tags", "tags" and the like; also spaCy's `Example.to_dict`.

    columns (Sequence[str]): the keys of tags, where they are told.
    RETURNS (Sentences | None): None where the entry is in another form.
    RAISES (DataError): when there are words, but no tag for each.
    """
    if isinstance(entry.get("token_annotation"), dict) and isinstance(entry.get("doc_annotation"), dict):
        words = entry["token_annotation"].get("ORTH")
        entry = {"tokens": words, "ner_tags": entry["doc_annotation"].get("entities")}
    words = next((entry[key] for key in WORD_KEYS if _are(str, entry.get(key))), None)
    if words is None:
        return None
    known = [key for key in TAG_KEYS if _are((str, int), entry.get(key))]
    wanted = columns or [key for key in known if len(entry[key]) == len(words)][:1]
    if not wanted and "text" not in entry:
        wanted = [key for key in known if entry[key]][:1]  # an empty list may be one of spans
    tags = [entry.get(key) for key in wanted]
    if not tags:
        return None
    for key, found in zip(wanted, tags, strict=True):
        if not isinstance(found, list) or not _are((str, int), found) or len(found) != len(words):
            n = len(found) if isinstance(found, list) else "no"
            raise DataError(f"found {len(words)} words and {n} tags under {key!r}; expected one per word.")
    rows = zip(words, zip(*(found for found in tags if found is not None), strict=True), strict=True)
    return [[TaggedWord(word, each) for word, each in rows]]


def read_paragraphs(paragraph: Mapping[str, Any]) -> Sentences:
    """RETURNS (Sentences): those of a paragraph in spaCy 2's JSON for training; a word without a tag has "-".

    RAISES (DataError): when it has no sentences of tokens.
    """
    found = []
    for sentence in objects_of(paragraph.get("sentences")):
        tokens = objects_of(sentence.get("tokens"))
        if not all(isinstance(token.get("orth"), str) for token in tokens):
            raise DataError('found a token without "orth"; expected {"orth": "Claire", "ner": "B-PER"}.')
        found.append([TaggedWord(token["orth"], (token.get("ner") or "-",)) for token in tokens])
    raw = paragraph.get("raw")
    words = [word for sentence in found for word in sentence]
    spaces = _spaces(raw, [word.text for word in words]) if isinstance(raw, str) else []
    known = iter(word._replace(space=space) for word, space in zip(words, spaces, strict=False))
    return [[next(known, word) for word in sentence] for sentence in found]


def find_names(values: Sequence[Any], columns: Sequence[str] = ()) -> tuple[str, ...]:
    """RETURNS (tuple[str, ...]): the names of tags, from what describes a data set (`features`) or model (`id2label`).

    columns (Sequence[str]): the keys of tags, where they are told: a description may name those of others too.
    RAISES (DataError): when it names them in several ways.
    """
    everything = list(_objects(values))
    for column in columns or TAG_KEYS:
        features = [e[column] for e in everything if isinstance(e.get(column), dict)]
        features += [e for e in everything if e.get("name") == column]
        if names := _only(entry.get("names") for entry in _objects(features)):
            return names
    ids = (entry.get("label2id") for entry in everything)
    turned = ({str(number): name for name, number in each.items()} for each in ids if isinstance(each, dict))
    return _only(entry.get("id2label") for entry in everything) or _only(turned)


def _only(lists: Iterable[Any]) -> tuple[str, ...]:
    """The one list of names. RAISES (DataError): when there are several, as of the configurations of a data set."""
    found = [*dict.fromkeys(filter(None, map(_in_order, lists)))]
    if len(found) > 1:
        known = " and ".join(",".join(names)[:60] for names in found[:2])
        raise DataError(
            f"found {len(found)} lists of names for tags ({known}); expected one: give it by --labels."
        )
    return found[0] if found else ()


def _in_order(names: Any) -> tuple[str, ...]:
    if isinstance(names, dict):
        names = [names.get(str(i)) for i in range(len(names))]
    return tuple(names) if _are(str, names) else ()


def names_within(value: Any, columns: Sequence[str]) -> tuple[str, ...]:
    """RETURNS (tuple[str, ...]): the names of tags that a value of a file gives beside its texts; () if none."""
    is_named = isinstance(value, dict) and any(key in value for key in NAME_KEYS)
    return find_names([value], columns) if is_named else ()


def names_beside(file: Source) -> tuple[str, ...]:
    """RETURNS (tuple[str, ...]): the names that a file in the same folder gives; noted."""
    for place in (file.path.with_name(name) for name in BESIDE):
        if place.is_file() and place != file.path:
            with located(place):
                values = [value for _, value in read_values(place, form="names of tags")]
                names = find_names(values, file.options.tag_columns)
            if names:
                file.report.note(f"names the tags of the files beside it ({len(names)}).", place.name)
                return names
    return ()


def _spaces(text: str, words: Sequence[str]) -> list[bool]:
    """RETURNS (list[bool]): whether white space follows each word in the text, [] where they are not its words."""
    spaces: list[bool] = []
    position = 0
    for word in words:
        start = text.find(word, position)
        if start < 0 or text[position:start].strip():
            return []
        if spaces:
            spaces[-1] = start > position
        position = start + len(word)
        spaces.append(False)
    return spaces


def _objects(values: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """All objects within values, the outer ones first; of long lists only the first values."""
    level = list(values)
    while level:
        found = objects_of(level)
        yield from found
        lists = [part[:100] for part in level if isinstance(part, list)]
        level = [part for parts in [*(d.values() for d in found), *lists] for part in parts]


def _are(kind: type | tuple[type, ...], value: Any) -> bool:
    """Whether it is a list of such values; true and false are no numbers."""
    return isinstance(value, list) and all(isinstance(v, kind) and type(v) is not bool for v in value)
