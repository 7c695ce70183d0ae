"""Whole pipelines beside each other, whoever trained them: F1 on annotated texts, calibration, speed and size."""

import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import spacy
import typer
from spacy.language import Language
from spacy.tokens import Doc

from benchmarks.corpus import find_parts
from benchmarks.speed import alternate
from benchmarks.tables import Row
from spacy_bertfam.data.convert import gather_records
from spacy_bertfam.data.records import Record
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.evaluation.mentions import repeated_names
from spacy_bertfam.evaluation.scored import scored_entities

# One entity: start, end (characters), label
Entity = tuple[int, int, str]


def pipeline_rows(
    pipelines: Sequence[Path],
    corpora: Sequence[Path],
    *,
    lang: str,
    labels: Mapping[str, str],
    part: str = "test",
    n_rounds: int = 3,
) -> tuple[list[Row], list[Row]]:
    """Score pipelines on the same texts in one process, in turn.

    pipelines (Sequence[Path]): folders, or wheels as they are on an index.
    corpora (Sequence[Path]): folders with ``PART.jsonl``, or another form that `bertfam convert` reads.
    labels (Mapping[str, str]): label of a corpus or pipeline -> label that is scored; others do not count.
    RETURNS (tuple[list[Row], list[Row]]): scores for each corpus and pipeline; words a second and size.
    """
    texts = {corpus.name: _read(corpus, part, lang, labels) for corpus in corpora}
    with tempfile.TemporaryDirectory() as folder:
        loaded = {
            path.name: spacy.load(_unpacked(path, Path(folder) / str(i))) for i, path in enumerate(pipelines)
        }
        scores = [
            {"corpus": corpus, "pipeline": name, **_scores(nlp, records, labels)}
            for corpus, records in texts.items()
            for name, nlp in loaded.items()
        ]
        read = [record.text for record in texts[corpora[0].name]]
        blank = spacy.blank(lang)
        n_words = sum(len(blank.make_doc(text)) for text in read)
        times = alternate({name: _reader(nlp) for name, nlp in loaded.items()}, read, n_rounds=n_rounds)
    sizes = {path.name: _size(path) / 1e6 for path in pipelines}
    speed = [
        {
            "pipeline": name,
            "words a processor second": n_words / median(processor for _, processor in rounds),
            "words a second": n_words / median(wall for wall, _ in rounds),
            "MB": sizes[name],
        }
        for name, rounds in times.items()
    ]
    return scores, speed


def _read(corpus: Path, part: str, lang: str, labels: Mapping[str, str]) -> list[Record]:
    path = find_parts(corpus, [part])[part]
    records = gather_records(path, format="auto", lang=lang, report=ConversionReport())
    found = {mention.label for record in records for mention in record.mentions}
    typer.echo(f"{path}: {len(records)} texts, labels {', '.join(sorted(found))}", err=True)
    if not found & set(labels):
        raise ValueError(
            f"{path}: found the labels {', '.join(sorted(found))}; expected some that --map names."
        )
    return records


def _scores(nlp: Language, records: Sequence[Record], labels: Mapping[str, str]) -> Row:
    """Precision, recall, F1 on character spans; the expected calibration error where entities have scores."""
    known = {labels[m.label] for record in records for m in record.mentions if m.label in labels}
    n_right = n_found = n_gold = 0
    scored: list[tuple[float, bool]] = []
    docs = list(nlp.pipe(record.text for record in records))
    for record, doc in zip(records, docs, strict=True):
        gold = {(m.start, m.end, labels[m.label]) for m in record.mentions if m.label in labels}
        found = dict(_entities(doc, labels, known))
        n_gold, n_found, n_right = n_gold + len(gold), n_found + len(found), n_right + len(gold & set(found))
        scored += [(score, entity in gold) for entity, score in found.items() if score is not None]
    precision, recall = n_right / max(1, n_found), n_right / max(1, n_gold)
    error: Any = scored_entities(scored).calibration_error() if scored else ""
    f1 = 2 * n_right / max(1, n_found + n_gold)
    n_names, n_disagreeing = repeated_names(docs)
    return {
        "P": precision,
        "R": recall,
        "F1": f1,
        "calibration error": error,
        "entities": n_gold,
        "names that disagree": n_disagreeing / max(1, n_names),
    }


def _entities(doc: Doc, labels: Mapping[str, str], known: set[str]) -> Iterator[tuple[Entity, Any]]:
    for ent in doc.ents:
        label = labels.get(ent.label_, "")
        if label in known:
            yield (
                (ent.start_char, ent.end_char, label),
                (ent._.score if ent.has_extension("score") else None),
            )


def _reader(nlp: Language) -> Any:
    return lambda texts: list(nlp.pipe(texts))


def _unpacked(path: Path, folder: Path) -> Path:
    """RETURNS (Path): the folder of a pipeline, or of the one in a wheel."""
    if path.suffix != ".whl":
        return path
    with zipfile.ZipFile(path) as wheel:
        wheel.extractall(folder)
    (config,) = folder.glob("*/*/config.cfg")
    return config.parent


def _size(path: Path) -> int:
    files: dict[Path, int] = {file: file.stat().st_size for file in path.rglob("*") if file.is_file()}
    return sum(files.values()) or path.stat().st_size
