"""Check the sample sentences: their form, their offsets, their token borders and how they are split."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import spacy
import typer

LABELS = ("PER", "LOC", "ORG", "MISC")
PARTS = ("train", "dev")
MIN_SENTENCES = {"fr": 400, "en": 200}  # both parts together
MAX_SHARED_NAMES = (
    1 / 3
)  # of the distinct names of the dev part, those that are entities of the train part too
DOTTED_INITIALS = re.compile(r"\b(?:\w\.){2,}$")  # the one final dot that belongs to a name: U.S.


@dataclass(frozen=True)
class Problem:
    """What is wrong in one place. line: 1-based, or 0 where the whole file is meant."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


@dataclass(frozen=True)
class Sentence:
    """One line of a file. entities: (start, end, label), character offsets, end exclusive."""

    path: Path
    line: int
    id: str
    text: str
    entities: list[tuple[int, int, str]]

    @property
    def names(self) -> list[str]:
        """The entities' texts as they are compared between the parts."""
        return [fold(self.text[start:end]) for start, end, _ in self.entities]

    def problem(self, message: str) -> Problem:
        """RETURNS (Problem): the message at this sentence's place."""
        return Problem(self.path, self.line, message)


@dataclass
class Assets:
    """What was read from the folder. parts: (language, part) -> its well-formed sentences."""

    parts: dict[tuple[str, str], list[Sentence]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def fold(text: str) -> str:
    """RETURNS (str): the text with one case, one kind of space and one kind of apostrophe."""
    return " ".join(text.casefold().replace("’", "'").split())


def check_assets(folder: Path) -> Assets:
    """Read and check LANG_train.jsonl and LANG_dev.jsonl of each language.

    RETURNS (Assets): the sentences, and every problem found, in the order of files and lines.
    """
    assets = Assets()
    for lang in MIN_SENTENCES:
        nlp = spacy.blank(lang)
        for part in PARTS:
            sentences, problems = read_part(folder / f"{lang}_{part}.jsonl")
            assets.parts[lang, part] = sentences
            assets.problems += problems
            for sentence in sentences:
                assets.problems += check_spans(sentence, nlp)
        assets.problems += check_split(folder, lang, *(assets.parts[lang, part] for part in PARTS))
    assets.problems += check_repeats(s for part in assets.parts.values() for s in part)
    return assets


def read_part(path: Path) -> tuple[list[Sentence], list[Problem]]:
    """RETURNS (tuple): the lines of the right form, and a problem for each other line."""
    sentences, problems = [], []
    try:
        lines = path.read_text(encoding="utf8").removesuffix("\n").split("\n")
    except FileNotFoundError:
        return [], [Problem(path, 0, "is missing: give the folder that holds this file.")]
    except UnicodeDecodeError as err:
        return [], [Problem(path, 0, f"byte {err.start} is not UTF-8: save the file as UTF-8.")]
    for number, line in enumerate(lines, 1):
        try:
            sentences.append(parse_line(path, number, line))
        except ValueError as err:
            problems.append(Problem(path, number, str(err)))
    return sentences, problems


def parse_line(path: Path, number: int, line: str) -> Sentence:
    """RETURNS (Sentence): the line's record. Raises ValueError if it has another form."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as err:
        raise ValueError(
            f"not JSON ({err.msg} at column {err.colno}): one object a line is expected."
        ) from None
    if not isinstance(record, dict) or list(record) != ["id", "text", "entities"]:
        raise ValueError('other keys than "id", "text", "entities", in this order: write these three.')
    if not all(isinstance(record[key], str) and record[key].strip() for key in ("id", "text")):
        raise ValueError('"id" or "text" is empty or no string: give both as strings.')
    entities = record["entities"]
    if not isinstance(entities, list) or not all(map(is_entity, entities)):
        raise ValueError(
            '"entities" is no list of [start, end, label]: two integers and a string are expected.'
        )
    return Sentence(path, number, record["id"], record["text"], [tuple(entity) for entity in entities])


def is_entity(value: object) -> bool:
    """RETURNS (bool): whether the JSON value is [start, end, label] by type."""
    return isinstance(value, list) and [type(item) for item in value] == [int, int, str]


def check_spans(sentence: Sentence, nlp: spacy.Language) -> Iterator[Problem]:
    """YIELDS (Problem): for each span out of the text, badly cut, off the token borders or overlapping."""
    doc = nlp.make_doc(sentence.text)
    for start, end, label in sentence.entities:
        name = sentence.text[max(start, 0) : max(end, 0)]
        if label not in LABELS:
            yield sentence.problem(f"unknown label {label!r} of {name!r}: use one of {', '.join(LABELS)}.")
        if not 0 <= start < end <= len(sentence.text):
            n_chars = len(sentence.text)
            yield sentence.problem(f"offsets {start}-{end} are not inside the text of {n_chars} characters.")
        elif name != name.strip():
            yield sentence.problem(f"white space at an edge of {name!r}: move the offsets {start}-{end}.")
        elif not (name[0].isalnum() and (name[-1].isalnum() or DOTTED_INITIALS.search(name))):
            yield sentence.problem(f"punctuation at an edge of {name!r}: move the offsets {start}-{end}.")
        elif doc.char_span(start, end) is None:
            tokens = [token.text for token in doc if token.idx < end and start < token.idx + len(token)]
            yield sentence.problem(f"{name!r} is off the token borders of spaCy's tokens {tokens}.")
    for first, second in pairwise(sentence.entities):
        if second[0] < first[1]:
            yield sentence.problem(
                f"spans {first} and {second} overlap or are out of order: sort and separate them."
            )


def check_repeats(sentences: Iterable[Sentence]) -> Iterator[Problem]:
    """YIELDS (Problem): for each text or id that stands in an earlier line or file already."""
    seen: dict[tuple[str, str], Sentence] = {}
    for sentence in sentences:
        for kind, value in (("text", fold(sentence.text)), ("id", sentence.id)):
            first = seen.setdefault((kind, value), sentence)
            if first is not sentence:
                place = f"{first.path.name}:{first.line}"
                yield sentence.problem(f"the same {kind} as {place} ({value!r}): keep only one of them.")


def check_split(folder: Path, lang: str, train: list[Sentence], dev: list[Sentence]) -> Iterator[Problem]:
    """YIELDS (Problem): if a language has too few sentences, or dev shares too many names with train."""
    n_sentences = len(train) + len(dev)
    if n_sentences < MIN_SENTENCES[lang]:
        found = f"{n_sentences} sentences with {lang}_train.jsonl together"
        path = folder / f"{lang}_dev.jsonl"
        yield Problem(path, 0, f"only {found}, at least {MIN_SENTENCES[lang]} are expected: write more.")
    shared, names = shared_names(train, dev)
    if len(shared) > MAX_SHARED_NAMES * len(names):
        found = f"{len(shared)} of its {len(names)} distinct names are shared with {lang}_train.jsonl"
        some = ", ".join(sorted(shared)[:5])
        path = folder / f"{lang}_dev.jsonl"
        yield Problem(path, 0, f"{found}, at most a third is expected: move sentences ({some}, ...).")


def shared_names(train: list[Sentence], dev: list[Sentence]) -> tuple[set[str], set[str]]:
    """RETURNS (tuple): the distinct names of dev that train has too, and all distinct names of dev."""
    names = {name for sentence in dev for name in sentence.names}
    return names & {name for sentence in train for name in sentence.names}, names


def format_table(assets: Assets) -> str:
    """RETURNS (str): one row a file with the counts, the share of names on the rows of dev."""
    heads = ("file", "sentences", "without", *LABELS, "names also in train")
    rows = [heads]
    for (lang, part), sentences in assets.parts.items():
        counts = Counter(label for sentence in sentences for *_, label in sentence.entities)
        shared, names = shared_names(assets.parts[lang, "train"], sentences)
        share = f"{len(shared)} of {len(names)}" if part == "dev" else "-"
        without = sum(not sentence.entities for sentence in sentences)
        cells = (len(sentences), without, *(counts[label] for label in LABELS), share)
        rows.append((f"{lang}_{part}", *map(str, cells)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)


def main(folder: Path = typer.Argument(..., help="The folder of the four jsonl files.")) -> None:
    """Check the sample sentences; print a table, and every problem as file:line: sentence (exit code 1)."""
    assets = check_assets(folder)
    typer.echo(format_table(assets))
    for problem in assets.problems:
        typer.echo(problem, err=True)
    if assets.problems:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
