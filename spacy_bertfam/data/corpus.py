"""A corpus reader for configs: trains from JSONL, columns or brat without a conversion before."""

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import DataError
from .bare import bare_copy
from .convert import check_choices, gather_records, record_to_docs
from .labels import plan_labels
from .options import ReadOptions, make_options
from .report import ConversionReport

logger = logging.getLogger("spacy")


def build_corpus(
    path: Path | None,
    format: str = "auto",
    labels: dict[str, str] | None = None,
    keep_unmapped: bool = True,
    unit: str = "doc",
    alignment: str = "strict",
    tag_names: list[str] | None = None,
    tag_column: str | None = None,
    scheme: str = "auto",
) -> Callable[[Language], Iterator[Example]]:
    """Make a reader for `[corpora.train]`; its settings are those of `bertfam convert`.

    The files are read once, with the pipeline's own tokenizer, and the Docs kept for all epochs; column files
    keep their words. How much is lost is logged; `bertfam convert` shows it in full.
    labels (dict[str, str] | None): label in the files -> label wanted; "O" drops it.
    tag_names (list[str] | None): of tags that are numbers. tag_column (str | None): one or several, by commas.
    RAISES (DataError): as `convert` does; for the files when they are first read.
    """
    if path is None:
        raise DataError("the corpus has no path; expected one, as in --paths.train corpus/train.jsonl.")
    check_choices(format=format, unit=unit, alignment=alignment, scheme=scheme)
    options = make_options(tag_names=",".join(tag_names or ()), tag_column=tag_column or "", scheme=scheme)
    references: list[Doc] = []

    def read(nlp: Language) -> Iterator[Example]:
        # Docs of another vocab are of no use to this pipeline
        if not references or references[0].vocab is not nlp.vocab:
            report = ConversionReport()
            references[:] = read_references(
                Path(path), nlp, options, report, format=format, labels=labels, keep_unmapped=keep_unmapped,
                unit=unit, alignment=alignment,
            )  # fmt: skip
            _log(path, report)
        for reference in references:
            yield Example(bare_copy(reference, reference.vocab), reference)

    return read


def read_references(
    path: Path, nlp: Language, options: ReadOptions, report: ConversionReport, *, format: str = "auto",
    labels: Mapping[str, str] | None = None, keep_unmapped: bool = True, unit: str = "doc", alignment: str = "strict",
) -> list[Doc]:  # fmt: skip
    """RETURNS (list[Doc]): the annotated Docs of files that `convert` reads, with the field of the options in their
    ``user_data``; what is lost is counted in the report."""
    records = gather_records(path, format=format, lang=nlp.lang or "xx", report=report, options=options)
    report.labels = plan_labels(labels or {}, keep_unmapped=keep_unmapped, report=report)
    found = []
    for record in records:
        docs = record_to_docs(record, nlp, unit=unit, alignment=alignment, report=report)
        value = record.source if options.field == "file" else record.value
        for doc in docs if value else ():
            doc.user_data[options.field] = value
        found += docs
    return found


def _log(path: Path, report: ConversionReport) -> None:
    logger.info("%s: read as %s", path, ", ".join(report.formats))
    n_lost = report.n_lost_by_label.total()
    if n_lost:
        logger.warning("%s: %d of %d entities lost (%s)", path, n_lost, report.n_in.total(), report.reasons)
    for kind, n in report.ignored.items():
        level = logging.WARNING if kind.startswith("texts") else logging.INFO
        logger.log(level, "%s: %d %s left out", path, n, kind)
    for note in report.note_lines():
        logger.info("%s: %s", path, note)
