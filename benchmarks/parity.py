"""Entities of a spaCy pipeline beside those of transformers' pipeline("ner") with the same weights."""

import json
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence

import typer
from spacy.language import Language

from benchmarks.odd_texts import ODD_TEXTS
from benchmarks.parity_causes import CAUSES, Difference, Reader, compare_text
from benchmarks.tables import Row, report
from spacy_bertfam.hub.export_hf import export_hf
from spacy_bertfam.hub.import_hf import import_hf

N_EXAMPLES = 3


def read_texts(paths: Sequence[Path], n_texts: int, n_documents: int) -> List[str]:
    """Whole documents, then paragraphs of the others, in the order of the files."""
    lines = (line for path in paths for line in path.read_text(encoding="utf8").splitlines() if line)
    documents = [json.loads(line)["text"] for line in lines]
    long = sorted(documents, key=len, reverse=True)[:n_documents]
    return (long + list(_paragraphs(documents, leave_out=set(long))))[:n_texts]


def _paragraphs(documents: Sequence[str], *, leave_out: set) -> Iterator[str]:
    for document in documents:
        if document not in leave_out:
            yield from (part.strip() for part in document.split("\n\n") if part.strip())


def compare(nlp: Language, reader: Reader, texts: Sequence[str]) -> tuple[int, List[Difference]]:
    """RETURNS (tuple): how many entities are equal here and there, and the differences."""
    n_equal: int = 0
    differences: List[Difference] = []
    for doc in nlp.pipe(texts, batch_size=16):
        ours = {(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents}
        theirs = reader.entities(doc.text)
        n_equal += len(ours & theirs)
        differences += compare_text(doc, ours, theirs, reader)
    return n_equal, differences


def count_rows(n_equal: int, differences: Sequence[Difference]) -> List[Row]:
    """A line for what is equal and one for each cause; "lost here" has nothing at that place here."""
    rows: List[Row] = [{"": "equal", "here": n_equal, "there": n_equal, "lost here": 0, "not found there": 0}]
    for cause in CAUSES:
        found = [difference for difference in differences if difference.cause == cause]
        rows.append(
            {
                "": cause,
                "here": sum(len(difference.ours) for difference in found),
                "there": sum(len(difference.theirs) for difference in found),
                "lost here": sum(len(difference.theirs) for difference in found if not difference.ours),
                "not found there": sum(len(difference.ours) for difference in found if not difference.theirs),
            }
        )
    sums = {name: sum(row[name] for row in rows) for name in list(rows[0])[1:]}
    return [*rows, {"": "all", **sums}]


def example_rows(differences: Sequence[Difference]) -> List[Row]:
    """A few differences of each cause, those first in which something is lost."""
    rows: List[Row] = []
    for cause in CAUSES:
        found = [difference for difference in differences if difference.cause == cause]
        for difference in sorted(found, key=lambda each: bool(each.ours))[:N_EXAMPLES]:
            rows.append({"cause": cause, "here": difference.show("ours"), "there": difference.show("theirs")})
    return rows


def main(
    model: Path = typer.Argument(..., help="A trained spaCy pipeline."),
    corpus: List[Path] = typer.Argument(..., help="JSONL files whose lines have a text."),
    texts: int = typer.Option(500, help="How many texts to compare."),
    documents: int = typer.Option(
        20, help="How many of them are whole documents, the longest; the others paragraphs."
    ),
    lang: str = typer.Option("fr", help="Language of the pipeline that is imported back."),
    component: str = typer.Option("ner", help="Name of the entity recogniser."),
    output: Path = typer.Option(
        Path("metrics/parity.json"), help="Where the figures go; Markdown beside it."
    ),
) -> None:
    """Export MODEL, open it with transformers and with import-hf, and compare what both find."""
    import spacy

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "exported"
        export_hf(spacy.load(model), folder, component=component)
        nlp = import_hf(str(folder), lang=lang)
        reader = Reader.open(folder, nlp)
        tables: Dict[str, Any] = {}
        found = read_texts(corpus, texts, documents)
        for name, sample in (
            (f"{len(found)} texts", found),
            (f"{len(ODD_TEXTS)} odd texts", list(ODD_TEXTS.values())),
        ):
            n_equal, differences = compare(nlp, reader, sample)
            tables[name] = count_rows(n_equal, differences)
            tables[f"Examples of {name}"] = example_rows(differences)
    typer.echo(report("Parity with transformers", tables, output, scheme=nlp.get_pipe("ner").cfg["scheme"]))


if __name__ == "__main__":
    typer.run(main)
