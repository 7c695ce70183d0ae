"""Annotated files -> `.spacy` files, with an account of everything that changed or got lost on the way."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..errors import DataError
from ..files.saving import require_new, write_files
from .align import ALIGNMENTS, build_doc
from .formats import FORMATS, read_records
from .labels import plan_labels
from .options import SCHEMES, ReadOptions
from .records import Record
from .report import EMPTY, TRIMMED, ConversionReport
from .split import split_documents
from .trimming import trim_offsets
from .units import LONGEST, UNITS, cut_record
from .writers.entry import Entry, entry_of
from .writers.formats import FORMS, Form, find_form, say_left_out, written

# no user data: it would cost each reading a millisecond a Doc, several times all the rest of a short Doc
# no HEAD: a Doc that gets heads, be they empty, loses the sentence starts that it was given
ATTRS = ("ENT_IOB", "ENT_TYPE", "SENT_START")
Progress = Callable[[Sequence[Record]], Iterable[Record]]
SPACY = FORMS["spacy"]


def convert(
    path: Path,
    output: Path,
    *,
    lang: str,
    format: str = "auto",
    to: str | None = None,
    rename: Mapping[str, str] | None = None,
    keep_unmapped: bool = True,
    unit: str = "doc",
    split: Mapping[str, float] | None = None,
    seed: int = 0,
    alignment: str = "strict",
    options: ReadOptions | None = None,
    numbers: Path | None = None,
    progress: Progress = iter,
) -> ConversionReport:
    """Write the annotation in a file or folder as spaCy's binary format, or in another one.

    output (Path): a file, or a folder for what is one; with `split`, a folder that receives one such for each part.
    to (str | None): a format of `writers.formats`; None goes by the ending of the output, and with `split` is `.spacy`.
    rename (Mapping[str, str] | None): label in the files -> label in the Docs; "O" drops it.
    split (Mapping[str, float] | None): part -> share; the units of one document never go to two parts.
    options (ReadOptions | None): names of tags, columns and the scheme, where the files do not say them.
    numbers (Path | None): receives the report's numbers as JSON.
    progress (Progress): wraps the sequence of records, to show how far the work is.
    RAISES (UserError): for whatever the user has to put right; nothing has been written then.
    """
    check_choices(format=format, unit=unit, alignment=alignment, scheme=(options or ReadOptions()).scheme)
    form = SPACY if split and to is None else find_form(to, output)
    check_output(output, split, form)
    if os.path.exists(output) and os.path.exists(path) and os.path.samefile(path, output):
        raise DataError("is what is to be read; expected another place for what is written.", output)
    report = ConversionReport()
    nlp = blank_pipeline(lang)
    records = gather_records(path, format=format, lang=lang, report=report, options=options)
    report.labels = plan_labels(rename or {}, keep_unmapped=keep_unmapped, report=report)
    part_of = split_documents([r.document for r in records], split, seed=seed) if split else {}
    bins = {part: DocBin(attrs=ATTRS) for part in (split or [""])}
    names = {part: f"{part}{form.ending}" if split else output.name for part in bins}
    sources: dict[str, list[str]] = {part: [] for part in bins}  # of each Doc, its document
    report.parts = {name: {"n_docs": 0, "n_tokens": 0, "n_entities": 0} for name in names.values()}
    for record in progress(records):
        part = part_of.get(record.document, "")
        for doc in record_to_docs(record, nlp, unit=unit, alignment=alignment, report=report):
            bins[part].add(doc)
            sources[part].append(record.document.removeprefix(f"{record.source}:" * (report.n_files == 1)))
            _count(doc, names[part], report)
    _check_not_empty(path, report)
    contents: dict[Path, bytes] = {}
    left_out: Counter[str] = Counter()
    for part, docs in bins.items():
        files = _written(form, docs, sources[part], nlp.vocab, left_out)
        place = output / names[part] if split else output
        contents.update((place / name, data) for name, data in files.items())
    if note := say_left_out(left_out):
        report.note(note)
    if numbers is not None:
        text = json.dumps(report.to_dict(), ensure_ascii=False, indent=2) + "\n"
        contents[numbers] = text.encode("utf8", errors="backslashreplace")  # a file's name may be no Unicode
    write_files(contents)
    return report


def _written(
    form: Form, docs: DocBin, sources: Sequence[str], vocab: Vocab, left_out: Counter[str]
) -> dict[Path, bytes]:
    """RETURNS (dict[Path, bytes]): the files of one part, below its place."""
    if form is SPACY:
        return {Path(): docs.to_bytes()}
    named = zip(docs.get_docs(vocab), sources, strict=True)
    entries: Iterator[Entry] = ({**entry_of(doc, name), "gold": True} for doc, name in named)
    return written(form, entries, left_out)


def gather_records(
    path: Path, *, format: str, lang: str, report: ConversionReport, options: ReadOptions | None = None
) -> list[Record]:
    """Read everything below `path`, count it, and trim the offsets. RAISES (DataError): as `read_records` does."""
    records = []
    for record in read_records(path, format=format, lang=lang, report=report, options=options):
        report.n_in.update(mention.label for mention in record.mentions)
        records.append(trim_record(record, report))
    report.n_documents = len({record.document for record in records})
    report.groups = {mention.group for record in records for mention in record.mentions} - {""}
    if report.groups:
        names = ", ".join(sorted(report.groups))
        report.note(f"has groups of spans ({names}); they go to doc.spans, and count beside the entities.")
    report.has_overlaps = any(record.has_overlaps for record in records)
    return records


def trim_record(record: Record, report: ConversionReport) -> Record:
    """Trim every mention, and leave out those of which nothing remains; both are counted.

    A record that came with words is left alone: there an entity is made of words, whatever they hold.
    """
    if record.words is not None:
        return record
    mentions = []
    for mention in record.mentions:
        start, end = trim_offsets(record.text, mention.start, mention.end)
        if start == end:
            report.lose(EMPTY, record, mention)
            continue
        if (start, end) != (mention.start, mention.end):
            report.change(TRIMMED, record, mention)
        mentions.append(replace(mention, start=start, end=end))
    return replace(record, mentions=tuple(mentions))


def record_to_docs(
    record: Record, nlp: Language, *, unit: str, alignment: str, report: ConversionReport
) -> list[Doc]:
    """RETURNS (list[Doc]): one a unit, its entities under the labels of `report.labels`; none is blank."""
    if len(record.text) > LONGEST and unit == "doc":
        report.note(f"has texts of over {LONGEST:,} characters, too long for spaCy; cut.", record.source)
    pieces, labels = cut_record(record, unit, nlp), report.labels
    docs = [build_doc(piece, nlp, labels=labels, alignment=alignment, report=report) for piece in pieces]
    filled = [doc for doc in docs if doc.text.strip()]
    report.ignored.update(["texts of nothing but white space"] * (len(docs) - len(filled)))
    return filled


def blank_pipeline(lang: str) -> Language:
    """RETURNS (Language): spaCy's tokenizer for a language. RAISES (DataError): when there is none."""
    try:
        return spacy.blank(lang)
    except (ImportError, AttributeError) as error:  # the second: it names another module of spaCy
        found = f"--lang: spaCy cannot tokenize {lang!r}"
        raise DataError(f"{found}; expected a code such as fr, en or xx (spaCy says: {error}).") from error


def check_choices(**choices: str) -> None:
    """RAISES (DataError): when a setting (format, unit, alignment, scheme) has none of its values."""
    allowed = {"format": FORMATS, "unit": UNITS, "alignment": ALIGNMENTS, "scheme": SCHEMES}
    for name, value in choices.items():
        if value not in allowed[name]:
            raise DataError(f"--{name}: found {value!r}; expected one of {', '.join(allowed[name])}.")


def check_output(output: Path, split: Mapping[str, float] | None, form: Form = SPACY) -> None:
    """RAISES (UserError): when the output cannot be what is to be written, or a folder of texts has others in it."""
    if split and os.path.exists(output) and not os.path.isdir(output):
        raise DataError("is a file; expected a folder for the parts of --split.", output)
    if not form.ending:
        for place in [output / part for part in split] if split else [output]:
            require_new(place, or_empty=True)
    elif not split and (os.path.isdir(output) or (form is SPACY and output.suffix != ".spacy")):
        expected = f"expected one that ends in {form.ending}, or a folder and --split"
        raise DataError(f"is no name for a file; {expected}.", output)


def _check_not_empty(path: Path, report: ConversionReport) -> None:
    problem = ""
    if not report.n_docs:
        left_out = ", ".join(f"{n} {kind}" for kind, n in report.ignored.items())
        found = f"holds no text{f' ({left_out})' if left_out else ''}"
        problem = f"{found}; expected at least one annotated sentence"
    elif not report.n_in:
        found = f"holds no entity (documents: {report.n_documents})"
        problem = f"{found}; expected tags or offsets of entities to learn from"
    elif not report.n_kept:
        found = f"lost every entity ({report.reasons})"
        problem = f"{found}; expected at least one kept, so nothing is written"
    if problem:
        raise DataError(f"{problem}.", path)


def _count(doc: Doc, file: str, report: ConversionReport) -> None:
    part = report.parts[file]
    part["n_docs"] += 1
    part["n_tokens"] += len(doc)
    part["n_entities"] += len(doc.ents)
    report.n_docs += 1
    report.n_tokens += len(doc)
    report.n_missing_tokens += int((doc.to_array("ENT_IOB") == 0).sum())
