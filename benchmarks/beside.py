"""Whole pipelines beside each other, whoever trained them: F1 on annotated texts, calibration, speed and size."""

import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import spacy
import typer
from spacy.language import Language
from spacy.scorer import PRFScore

from benchmarks.corpus import find_parts
from benchmarks.speed import alternate, rates
from benchmarks.tables import Row
from spacy_bertfam.data.convert import gather_records
from spacy_bertfam.data.records import Record
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.evaluation.mentions import repeated_names
from spacy_bertfam.evaluation.scored import scored_entities


def pipeline_rows(
    pipelines: Sequence[Path], corpora: Sequence[Path], *, lang: str, labels: Mapping[str, str], n_rounds: int
) -> dict[str, list[Row]]:
    """Score pipelines on the same texts in one process, in turn.

    pipelines (Sequence[Path]): folders, or wheels as they are on an index.
    corpora (Sequence[Path]): folders with ``test.jsonl``, or another form that `bertfam convert` reads.
    labels (Mapping[str, str]): label of a corpus or pipeline -> label that is scored; others do not count.
    RETURNS (dict[str, list[Row]]): scores for each corpus and pipeline; words a second and size.
    """
    texts = {corpus.name: _read(corpus, lang, labels) for corpus in corpora}
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
        n_words = sum(map(len, map(spacy.blank(lang).make_doc, read)))
        systems: Any = {name: lambda t, nlp=nlp: list(nlp.pipe(t)) for name, nlp in loaded.items()}
        rate = rates(alternate(systems, read, n_rounds=n_rounds), n_words)
    speed = [{"pipeline": path.name, **rate[path.name], "MB": _size(path) / 1e6} for path in pipelines]
    return {"Scores": scores, "Speed and size": speed}


def _read(corpus: Path, lang: str, labels: Mapping[str, str]) -> list[Record]:
    path = find_parts(corpus, ["test"])["test"]
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
    right, scored = PRFScore(), []
    docs = list(nlp.pipe(record.text for record in records))
    for record, doc in zip(records, docs, strict=True):
        gold = {(m.start, m.end, labels[m.label]) for m in record.mentions if m.label in labels}
        found = {
            (ent.start_char, ent.end_char, labels[ent.label_]): ent._.score
            if ent.has_extension("score")
            else None
            for ent in doc.ents
            if labels.get(ent.label_) in known
        }
        right.score_set(set(found), gold)
        scored += [(score, entity in gold) for entity, score in found.items() if score is not None]
    n_names, n_disagreeing = repeated_names(docs)
    return {
        "P": right.precision,
        "R": right.recall,
        "F1": right.fscore,
        "calibration error": scored_entities(scored).calibration_error() if scored else "",
        "entities": right.tp + right.fn,
        "names that disagree": n_disagreeing / max(1, n_names),
    }


def _unpacked(path: Path, folder: Path) -> Path:
    """RETURNS (Path): the folder of a pipeline, or of the one in a wheel."""
    if path.suffix != ".whl":
        return path
    with zipfile.ZipFile(path) as wheel:
        wheel.extractall(folder)
    (config,) = folder.glob("*/*/config.cfg")
    return config.parent


def _size(path: Path) -> int:
    files = [file.stat().st_size for file in path.rglob("*") if file.is_file()]
    return sum(files) or path.stat().st_size
