"""The benchmark's corpus: annotated files converted by the project's own `bertfam convert`."""

import random
from collections.abc import Sequence
from pathlib import Path

import spacy
from spacy.tokens import Doc, DocBin

from spacy_bertfam.data.convert import convert

# Ends of the name of a part, in the order in which they are looked for; without one it is a folder
KINDS = (".jsonl", ".iob", ".spacy", "")


def find_parts(corpus: Path, names: Sequence[str]) -> dict[str, Path]:
    """Where the parts of a corpus are: ``train.jsonl``, ``train.iob``, ``train.spacy`` or a folder ``train``
    of `.spacy` files.

    RAISES (ValueError): when one is not there.
    """
    places = {name: [corpus / f"{name}{kind}" for kind in KINDS] for name in names}
    found = {name: next(filter(Path.exists, tried), None) for name, tried in places.items()}
    missing = [f"{name}.jsonl" for name, place in found.items() if place is None]
    if missing:
        expected = ", ".join(missing)
        raise ValueError(f"{corpus}: found no {expected}; expected these files, or .iob or .spacy ones.")
    return {name: place for name, place in found.items() if place is not None}


def convert_parts(parts: dict[str, Path], output: Path, *, lang: str, unit: str) -> dict[str, Path]:
    """Convert each file to ``PART.UNIT.spacy``, unless that is there already.

    parts (dict[str, Path]): name of a part -> annotated file; `.spacy` files, or a folder of them, are taken as
        they are.
    unit (str): "doc", "paragraph" or "sentence".
    RETURNS (dict[str, Path]): name of a part -> `.spacy` file.
    """
    output.mkdir(parents=True, exist_ok=True)
    places = {name: output / f"{name}.{unit}.spacy" for name in parts}
    for name, source in parts.items():
        if places[name].is_file():
            continue
        if source.is_dir() or source.suffix == ".spacy":
            write_docs(read_docs(source, lang), places[name])
        else:
            convert(source, places[name], lang=lang, unit=unit)
    return places


def draw_docs(path: Path, n_docs: int | None, *, lang: str) -> Path:
    """So many Docs of a `.spacy` file, always the same ones drawn at random, as a file beside it; the file itself
    without a number."""
    if n_docs is None:
        return path
    drawn = path.with_name(f"{path.stem}.drawn{n_docs}.spacy")
    docs = read_docs(path, lang)
    write_docs(random.Random(0).sample(docs, min(n_docs, len(docs))), drawn)
    return drawn


def write_docs(docs: Sequence[Doc], path: Path) -> None:
    """Write words, entities and sentences as a `.spacy` file."""
    DocBin(attrs=["ENT_IOB", "ENT_TYPE", "SENT_START"], docs=docs).to_disk(path)


def read_docs(path: Path, lang: str) -> list[Doc]:
    """The Docs of a `.spacy` file, or of all in a folder in the order of their names."""
    files = sorted(path.glob("*.spacy")) if path.is_dir() else [path]
    vocab = spacy.blank(lang).vocab
    return [doc for file in files for doc in DocBin().from_disk(file).get_docs(vocab)]
