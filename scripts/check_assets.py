"""Check the sample sentences: their form, their spans, how they are split, how alike and how even they are."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

import spacy
import typer
from asset_repetition import measure

LABELS = ("PER", "LOC", "ORG", "MISC")
PARTS = ("train", "dev")
MAX_SHARED_NAMES = 1 / 3  # of dev's distinct names, those that are entities of the train part too
N_SENTENCES_OF_A_DOCUMENT = 3
SENTENCE_END = re.compile(
    r"(?<!\b\w)(?<!\b[MD][MRmr])(?<!\bMrs)[.!?…]+(?=[\s»\"”)]|$)"
)  # not after M., Dr., J.
FINAL_DOT = re.compile(r"\b(?:\w|[JS]r)\.$")  # the one that belongs to a name: U.S., Sammy Davis Jr.
GENRE = re.compile(r"-([a-z]+)-\d+$")  # in fr-train-news-0012; an id without one is "mixed"


@dataclass(frozen=True)
class Floor:
    """What a part holds at least: units, documents, the share without names; and its largest genre at most."""

    units: int
    documents: int = 0
    without: float = 0.0
    largest_genre: float = 1.0


FLOORS = {
    ("fr", "train"): Floor(2500, 350, 0.3, 0.25),
    ("fr", "dev"): Floor(500, 80, 0.3, 0.25),
    ("en", "train"): Floor(1000, 130, 0.3, 0.25),
    ("en", "dev"): Floor(200, 26, 0.3, 0.25),
}
LANGUAGES = tuple(dict.fromkeys(lang for lang, _ in FLOORS))


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
    def genre(self) -> str:
        """The id's."""
        match = GENRE.search(self.id)
        return match[1] if match else "mixed"

    @property
    def is_document(self) -> bool:
        """Whether the text has at least three sentences, told by their final marks."""
        return len(SENTENCE_END.findall(self.text)) >= N_SENTENCES_OF_A_DOCUMENT

    @property
    def names(self) -> list[str]:
        """The entities' texts as they are compared between the parts."""
        return [fold(self.text[start:end]) for start, end, _ in self.entities]

    def problem(self, message: str) -> Problem:
        """RETURNS (Problem): the message at this sentence's place."""
        return Problem(self.path, self.line, message)


@dataclass
class Assets:
    """What was read from the folder. parts: (language, part) -> its well-formed sentences; notes: to print."""

    parts: dict[tuple[str, str], list[Sentence]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def fold(text: str) -> str:
    """RETURNS (str): the text with one case, one kind of space and one kind of apostrophe."""
    return " ".join(text.casefold().replace("’", "'").split())


def check_assets(folder: Path) -> Assets:
    """Read and check LANG_train.jsonl and LANG_dev.jsonl of each language.

    RETURNS (Assets): the sentences, and every problem found, in the order of files and lines.
    """
    assets = Assets()
    for lang in LANGUAGES:
        nlp = tokenizer_of(lang)
        for part in PARTS:
            sentences, problems = read_part(folder / f"{lang}_{part}.jsonl")
            assets.parts[lang, part] = sentences
            assets.problems += problems
            for sentence in sentences:
                assets.problems += check_spans(sentence, nlp)
        train, dev = (assets.parts[lang, part] for part in PARTS)
        assets.problems += check_split(folder, lang, train, dev)
        assets.problems += check_agreement([*train, *dev])
        repetition = measure((s.text, s.entities) for s in [*train, *dev])
        assets.notes.append(f"{lang}: {repetition.describe()}")
        assets.problems += [Problem(folder, 0, f"{lang}: {found}") for found in repetition.excesses()]
    assets.problems += check_repeats(s for part in assets.parts.values() for s in part)
    return assets


@cache
def tokenizer_of(lang: str) -> spacy.Language:
    """RETURNS (Language): the blank pipeline, made once: it remembers the words that it has seen."""
    return spacy.blank(lang)


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
        elif not (name[0].isalnum() and (name[-1].isalnum() or FINAL_DOT.search(name))):
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


def check_agreement(sentences: list[Sentence]) -> Iterator[Problem]:
    """YIELDS (Problem): for a name with two labels between the same words, or left unmarked in its document."""
    labels: dict[tuple[str, str, str], tuple[str, Sentence]] = {}
    for sentence in sentences:
        for (start, end, label), name in zip(sentence.entities, sentence.names, strict=True):
            before = fold(" ".join(re.findall(r"\w+\W*$", sentence.text[:start])))
            after = fold(" ".join(re.findall(r"^\W*\w+", sentence.text[end:])))
            other, first = labels.setdefault((before, name, after), (label, sentence))
            if other != label and first is not sentence and before + after:
                found = f"{name!r} is {label} here and {other} in {first.path.name}:{first.line}"
                yield sentence.problem(f"{found}, between the same words: choose one.")
        if sentence.is_document:
            yield from check_mentions(sentence)


def check_mentions(sentence: Sentence) -> Iterator[Problem]:
    """YIELDS (Problem): for each name of the text that also stands in it unmarked, with its capital."""
    marked = Counter(sentence.text[start:end] for start, end, _ in sentence.entities)
    for name in (name for name, count in marked.items() if sentence.text.count(name) > count):
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", sentence.text):
            if not any(start < match.end() and match.start() < end for start, end, _ in sentence.entities):
                yield sentence.problem(f"{name!r} is marked, but not at {match.start()}: mark both or none.")


def check_split(folder: Path, lang: str, train: list[Sentence], dev: list[Sentence]) -> Iterator[Problem]:
    """YIELDS (Problem): if a part is too small or uneven, or dev shares too many names with train."""
    for part, sentences in zip(PARTS, (train, dev), strict=True):
        path = folder / f"{lang}_{part}.jsonl"
        if sentences:  # otherwise the file is missing or broken, and that is said
            yield from (Problem(path, 0, message) for message in check_floor(FLOORS[lang, part], sentences))
    shared, names = shared_names(train, dev)
    if len(shared) > MAX_SHARED_NAMES * len(names):
        found = f"{len(shared)} of its {len(names)} distinct names are shared with {lang}_train.jsonl"
        some = ", ".join(sorted(shared)[:5])
        path = folder / f"{lang}_dev.jsonl"
        yield Problem(path, 0, f"{found}, at most a third is expected: move sentences ({some}, ...).")


def check_floor(floor: Floor, sentences: list[Sentence]) -> Iterator[str]:
    """YIELDS (str): a message for each count of a part that is below (or, of genres, above) what is expected."""
    n, documents = len(sentences), sum(s.is_document for s in sentences)
    if n < floor.units:
        yield f"only {n} texts, at least {floor.units} are expected: write more."
    if documents < floor.documents:
        yield f"only {documents} documents, at least {floor.documents} are expected: write more."
    without = sum(not s.entities for s in sentences)
    if without < floor.without * n:
        yield f"only {without} of {n} texts are without a name, {floor.without:.0%} are expected: write more."
    for genre, count in Counter(s.genre for s in sentences).most_common(1):
        if count > floor.largest_genre * n:
            yield f"{count} of {n} texts are of genre {genre!r}, at most {floor.largest_genre:.0%} are expected."


def shared_names(train: list[Sentence], dev: list[Sentence]) -> tuple[set[str], set[str]]:
    """RETURNS (tuple): the distinct names of dev that train has too, and all distinct names of dev."""
    names = {name for sentence in dev for name in sentence.names}
    return names & {name for sentence in train for name in sentence.names}, names


def format_table(assets: Assets) -> str:
    """RETURNS (str): one row a file with the counts, the share of names on the rows of dev."""
    heads = ("file", "texts", "documents", "without", *LABELS, "names also in train")
    rows = [heads]
    for (lang, part), sentences in assets.parts.items():
        counts = Counter(label for sentence in sentences for *_, label in sentence.entities)
        shared, names = shared_names(assets.parts[lang, "train"], sentences)
        share = f"{len(shared)} of {len(names)}" if part == "dev" else "-"
        without = sum(not sentence.entities for sentence in sentences)
        documents = sum(sentence.is_document for sentence in sentences)
        cells = (len(sentences), documents, without, *(counts[label] for label in LABELS), share)
        rows.append((f"{lang}_{part}", *map(str, cells)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)


def main(folder: Path = typer.Argument(..., help="The folder of the four jsonl files.")) -> None:
    """Check the sample sentences; print a table, and every problem as file:line: sentence (exit code 1)."""
    assets = check_assets(folder)
    typer.echo(format_table(assets))
    for note in assets.notes:
        typer.echo(note)
    for problem in assets.problems:
        typer.echo(problem, err=True)
    if assets.problems:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
