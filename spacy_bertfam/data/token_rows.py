"""Texts that came as words with tags -> the rows that columns have too."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import DataError
from .column_rows import Row
from .column_tags import plain_tag, style_of
from .options import Source
from .schemes import expected_tag, is_tag
from .text_file import located
from .token_tasks import Sentences, names_beside
from .trimming import clean_word, is_invisible

IGNORED = -100  # torch's index of what counts in no loss


def rows_of_texts(
    texts: Mapping[int, tuple[int, Sentences]], file: Source, *, names: Sequence[str]
) -> dict[int, list[list[Row]]]:
    """Name all tags of a file, and read labels without B- and I- where it has no others.

    texts (Mapping[int, tuple[int, Sentences]]): key -> line of the file, and the sentences of words.
    names (Sequence[str]): of tags that are numbers, as the file has them; what the user says goes before.
    RETURNS (dict[int, list[list[Row]]]): key -> sentences of rows, none of them empty.
    RAISES (DataError): when a tag is none; it names the line.
    """
    values = [(line, tag) for line, s in texts.values() for part in s for word in part for tag in word.tags]
    names = file.options.tag_names or names
    if not names and any(not isinstance(tag, str) and tag != IGNORED for _, tag in values):
        names = names_beside(file)
    tags: dict[Any, str] = {}
    for line, value in values:
        if value not in tags:
            with located(line=line):
                tags[value] = _named(value, names)
    is_plain = style_of([tags[v] for _, v in values], is_plain=file.options.scheme == "plain") == "plain"
    for line, value in values:
        with located(line=line):
            tag = tags[value]
            tags[value] = plain_tag(tag) if is_plain and not is_tag(tag) else tag
            if not is_tag(tags[value]):
                raise DataError(f"found the tag {tag[:40]!r}; {expected_tag(tag)}.")
    ignored = file.report.ignored
    return {key: _rows(line, sentences, tags, ignored) for key, (line, sentences) in texts.items()}


def _rows(line: int, sentences: Sentences, tags: Mapping[Any, str], ignored: Counter[str]) -> list[list[Row]]:
    found = []
    for i, sentence in enumerate(sentences):
        filled = [word for word in sentence if not is_invisible(word.text)]
        ignored.update(["words of nothing but white space"] * (len(sentence) - len(filled)))
        named = [(word, [tags[tag] for tag in word.tags]) for word in filled]
        found.append(
            [Row(clean_word(w.text), t, line, line, i, tuple(inner), w.space) for w, (t, *inner) in named]
        )
    return [rows for rows in found if rows]


def _named(value: Any, names: Sequence[str]) -> str:
    """RETURNS (str): a tag, by its name where it is a number. RAISES (DataError): when it has none."""
    if isinstance(value, str):
        return value
    if value == IGNORED:
        return "-"
    if not names:
        raise DataError(
            "found tags that are numbers, and nothing that names them; expected --labels O,B-PER,I-PER,..., "
            "or a dataset_info.json or config.json (id2label) beside the file."
        )
    if not 0 <= value < len(names):
        raise DataError(f"found the tag {value}; expected 0 to {len(names) - 1}, as there are names.")
    return names[int(value)]
