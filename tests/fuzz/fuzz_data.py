"""Spoilt files through every reader of data: `python tests/fuzz/fuzz_data.py --files 20000 --seed 0`.

A reader may take a file or refuse it with a sentence. Anything else is a fault: another exception, a message that
cannot be printed, more than 30 seconds, or a result that training cannot read or that has marks at its words' edges.
"""

import argparse
import functools
import logging
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from random import Random

import spacy
from data_mutations import mutated
from data_seeds import TEXT, seeds
from spacy.training import Corpus

from spacy_bertfam.cli.pipelines import read_docs, read_examples
from spacy_bertfam.cli.pretrain import read_corpus
from spacy_bertfam.data.cats import convert_cats
from spacy_bertfam.data.convert import convert
from spacy_bertfam.data.formats import FORMATS, read_records
from spacy_bertfam.data.options import make_options
from spacy_bertfam.data.report import ConversionReport, format_report
from spacy_bertfam.data.texts import read_texts
from spacy_bertfam.data.trimming import clean_label, clean_word
from spacy_bertfam.data.writers.formats import FORMS as FORMS_WRITTEN
from spacy_bertfam.errors import UserError

SECONDS = 30
NLP = spacy.blank("fr")
PACKAGE = str(Path(read_texts.__code__.co_filename).parents[1])


class Hang(BaseException):
    """A reader took too long; no reader catches it."""


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise a Hang after so many seconds of work; the machine may do other things in between."""

    def stop(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def check_convert(path: Path, rng: Random) -> None:
    """Convert, and read the result as training would."""
    output = path.parent / "out.spacy"
    report = convert(
        path,
        output,
        lang=rng.choice(["fr", "xx"]),
        format="auto" if rng.random() < 0.8 else rng.choice(FORMATS),
        unit=rng.choice(["doc", "paragraph", "sentence"]),
        alignment=rng.choice(["strict", "contract", "expand"]),
        options=make_options(
            tag_names=rng.choice(["", "", "O,B-PER,I-PER,B-LOC"]),
            tag_column=rng.choice([""] * 12 + ["2", "3,4", "value", "ner_tags"]),
            scheme="auto" if rng.random() < 0.9 else "plain",
        ),
    )
    format_report(report).encode()
    "\n".join(report.note_lines()).encode()
    lost = sum((counts for counts in report.n_lost.values()), start=Counter())
    assert report.n_in == report.n_kept + lost, "entities in are not entities kept and lost"
    for eg in Corpus(output)(NLP):
        assert all(ent.label_ == clean_label(ent.label_) != "" for ent in eg.reference.ents), (
            "a label with marks"
        )
        if path.suffix in (".iob", ".conll", ".iob2", ".bio"):
            assert all(t.text == clean_word(t.text) for t in eg.reference), "a word with marks"


def check_forms(path: Path, rng: Random) -> None:
    """Convert to another form, and read that again with as many entities as were kept, where it holds them all."""
    to = rng.choice([name for name in FORMS_WRITTEN if name != "parquet" or find_spec("pyarrow")])
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / f"out{FORMS_WRITTEN[to].ending}"
        report = convert(path, place, lang="xx", to=to)
        if to not in ("csv", "spacy"):
            found = list(read_records(place, format="auto", lang="xx", report=ConversionReport()))
            n_found = sum(not mention.group for record in found for mention in record.mentions)
            is_said = any("no place for" in note for note in report.notes)
            assert is_said or n_found >= report.parts[place.name]["n_entities"], f"{to} loses entities"


def check_cats(path: Path, rng: Random) -> None:
    """Convert texts with labels."""
    convert_cats(path, path.parent / "cats.spacy", lang="fr", text=rng.choice(["text", "data"]))
    list(Corpus(path.parent / "cats.spacy")(NLP))


def check_texts(path: Path, rng: Random) -> None:
    """As `render` and `attention` read."""
    for text in read_texts(str(path), by_line=rng.random() < 0.5):
        NLP.make_doc(text[:1000])


READERS: dict[str, Callable[[Path, Random], object]] = {
    "convert": check_convert,
    "forms": check_forms,
    "convert-cats": check_cats,
    "render": check_texts,
    "pretrain": lambda path, rng: read_corpus(path),
    "adopt": lambda path, rng: read_texts(path, by_line=True),
    "optimize": lambda path, rng: read_docs(NLP, path),
    "calibrate": lambda path, rng: read_examples(NLP, path),
}
# which readers a file of an ending is for, besides `convert`
FOR_ENDING = {
    ".spacy": ["render", "pretrain", "optimize", "calibrate"],
    ".txt": ["render", "pretrain", "adopt", "optimize"],
    ".jsonl": ["convert-cats", "render", "pretrain"],
    ".json": ["convert-cats"],
    ".tsv": ["convert-cats"],
    ".csv": ["convert-cats"],
}


def verdict(reader: str, path: Path, rng: Random) -> str:
    """RETURNS (str): "read", "refused", or what is wrong."""
    try:
        with limited(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            READERS[reader](path, rng)
    except Hang:
        return f"hang in {reader}"
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where, message = f"{last.filename}:{last.lineno}", str(error)
        # a sentence of ours is raised; what int() or min() has against its argument is not
        is_raised = where.startswith(PACKAGE) and (last.line or "").startswith("raise ")
        is_ours = isinstance(error, UserError) or (type(error) is ValueError and is_raised)
        if not is_ours:
            return f"{type(error).__name__} in {reader}: {message[:150]!r} at {where}"
        try:
            message.encode()
        except UnicodeEncodeError:
            return f"{reader} has a message that cannot be printed"
        return (
            "refused" if len(message) < 1000 + len(str(path)) else f"{reader} has a message of {len(message)}"
        )
    return "read"


def fuzz(n_files: int, seed: int, folder: Path) -> tuple[Counter[str], list[tuple[int, str, bytes]]]:
    """RETURNS (tuple): how many files were read and refused by a reader, and the faults: number, what, content."""
    spacy.blank = functools.cache(spacy.blank)  # a tokenizer takes longer than a small file
    found = seeds()
    contents = list(found.values())
    outcomes: Counter[str] = Counter()
    faults = []
    for i in range(n_files):
        rng = Random(f"{seed}-{i}")
        name = rng.choice(list(found))
        path = folder / name
        content = mutated(found[name], rng, contents)
        path.write_bytes(content)
        if path.suffix == ".ann":
            text = TEXT.encode()
            path.with_suffix(".txt").write_bytes(text if rng.random() < 0.7 else mutated(text, rng, contents))
        for reader in ["convert", "forms", *FOR_ENDING.get(path.suffix, [])]:
            outcome = verdict(reader, path, rng)
            outcomes[f"{reader}: {outcome}" if outcome in ("read", "refused") else "fault"] += 1
            if outcome not in ("read", "refused"):
                faults.append((i, f"{name}: {outcome}", content))
        path.unlink()
    return outcomes, faults


def main() -> int:
    """RETURNS (int): 1 where there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the files at fault")
    arguments = parser.parse_args()
    logging.getLogger("spacy").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        outcomes, faults = fuzz(arguments.files, arguments.seed, Path(folder))
    for outcome, n in sorted(outcomes.items()):
        print(f"{n:>8,}  {outcome}")
    for i, fault, content in faults:
        print(f"file {i} of seed {arguments.seed}: {fault}")
        if arguments.keep:
            arguments.keep.mkdir(exist_ok=True)
            (arguments.keep / f"{i}-{fault.partition(':')[0]}").write_bytes(content)
    print(f"{arguments.files:,} files, {len(faults):,} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
