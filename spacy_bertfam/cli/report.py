"""`bertfam report`: what a recognizer gets wrong on annotated texts, as figures and in context."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer import Argument, Option

from ..errors import UserError
from .arguments import GPU, PIPELINE
from .explain import say
from .pipelines import load_pipeline, require_entities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spacy.language import Language
    from spacy.tokens import Doc

    from ..pipeline.qa import BertfamQA
    from ..report.prediction import Prediction
    from ..report.report import Report


def report_cli(
    model: str = PIPELINE,
    data: Path = Argument(
        ..., help="Annotated texts that it was not trained on: .spacy, or what `convert` reads"
    ),
    output: Path = Option(..., "--output", "-o", help="Folder of report.html, report.md and report.json"),
    compare: str | None = Option(
        None, metavar="OTHER", help="Another pipeline, or a file of predictions for the same texts"
    ),
    train: Path | None = Option(None, help="What it was trained on, to part what it has seen from the rest"),
    by: str | None = Option(
        None, metavar="FIELD", help="Scores by a field of the texts, as author or genre; file: by their file"
    ),
    rename: list[str] | None = Option(
        None, "--map", "-m", metavar="OLD=NEW,...", help="Other names for labels of OTHER; O drops one"
    ),
    limit: int = Option(500, min=0, help="Errors on the page; report.json has all"),
    seed: int = Option(0, help="Of the resampling"),
    use_gpu: int = GPU,
) -> None:
    """Report the errors of a recognizer, or of answers to questions.

    Scores with intervals, by label, by length, by place and more; kinds of error; calibration; the errors themselves,
    the most confident first. With --compare, whether the difference is more than chance, and what is new and mended.
    """
    from ..data.labels import parse_map
    from ..files.saving import require_writable, write_files
    from ..pipeline.find import find_answering
    from ..report.report import annotated_docs, make_report
    from ..report.writing import format_summary, written

    wanted = parse_map(rename or [])
    if wanted and compare is None:
        raise UserError("--map gives other names to the labels of OTHER: expected --compare OTHER with it.")
    require_writable(output / "report.json")
    nlp = load_pipeline(model, use_gpu)
    gold, n_lost = read_gold(nlp, data, field=by or "")
    names = distinct_names([model] if compare is None else [model, compare])
    common: dict[str, Any] = {"data": data.resolve().name, "by": by, "seed": seed}
    if qa := find_answering(nlp, gold):
        _require_of_answers(train, rename, compare)
        report = _report_answers(nlp, qa, gold, compare, names, **common)
    else:
        seen = read_gold(nlp, train)[0] if train is not None else None
        docs, n_unannotated = annotated_docs(gold, str(data))
        other = None if compare is None else _other(compare, docs, nlp, names[-1], wanted)
        common |= {"n_unannotated": n_unannotated, "n_lost": n_lost}
        report = make_report(
            docs, _predict(nlp, docs, model, names[0], {}), other=other, train=seen, **common
        )
    contents = written(report, lang=nlp.lang or "", n_shown=limit)
    write_files({output / name: text.encode("utf8") for name, text in contents.items()})
    typer.echo(format_summary(report))
    if report.overlap_note:
        say("Note", report.overlap_note)
    typer.echo(f"{output / 'report.html'}: written, with report.md and report.json")


def _report_answers(
    nlp: "Language", qa: "BertfamQA", gold: "Sequence[Doc]", compare: str | None, names: "Sequence[str]", *,
    data: str, **common: Any,
) -> "Report":  # fmt: skip
    from ..pipeline.find import find_qa
    from ..report.answers import annotated_questions, make_answer_report, predict_answers

    key = qa.spans_key
    docs, n_unannotated = annotated_questions(gold, key, data)
    pipelines = [(nlp, qa)]
    if compare is not None:
        other = load_pipeline(compare)
        pipelines.append((other, find_qa(other, compare)))
    found = [predict_answers(*pair, docs, name, key=key) for pair, name in zip(pipelines, names, strict=True)]
    return make_answer_report(docs, found, key=key, data=data, n_unannotated=n_unannotated, **common)


def _require_of_answers(train: Path | None, rename: "Sequence[str] | None", compare: str | None) -> None:
    given = [option for option, value in (("--train", train), ("--map", rename)) if value]
    if given:
        raise UserError(f"{', '.join(given)} with questions and answers; expected it with entities alone.")
    if compare is not None and Path(compare).is_file():
        raise UserError(
            f"--compare {compare}: found a file; expected another pipeline that answers questions."
        )


def read_gold(
    nlp: "Language", path: Path, *, field: str = "", alignment: str = "strict"
) -> "tuple[list[Doc], int]":
    """Read annotated Docs: .spacy, a folder of such, or any form that `convert` reads.

    field (str): of the texts, to be kept in ``doc.user_data``.
    alignment (str): of what is off the borders of the tokens, see ``build_doc``.
    RETURNS (tuple[list[Doc], int]): with the number of entities that found no place in them.
    """
    from ..data.corpus import read_references
    from ..data.folders import chosen_files
    from ..data.options import ReadOptions
    from ..data.report import ConversionReport
    from ..data.texts import read_docs

    files = chosen_files(path, [".spacy"]) if path.is_dir() else [path] * (path.suffix == ".spacy")
    found, docs = ConversionReport(), []
    for file in files:
        read = read_docs(file, nlp.vocab)
        for doc in read if field == "file" else ():
            doc.user_data[field] = file.relative_to(path if path.is_dir() else path.parent).as_posix()
        docs += read
    if not files:
        docs = read_references(path, nlp, ReadOptions(field=field), found, alignment=alignment)
    left_out = [f"{n} {kind} left out" for kind, n in found.ignored.items() if n]
    say("Note", *(f"{path}: {note}" for note in (*left_out, *found.note_lines())))
    return docs, found.n_lost_by_label.total()


def distinct_names(sources: "Sequence[str]") -> list[str]:
    """RETURNS (list[str]): of each path the last parts, as few as tell different ones apart."""
    parts = [Path(source).resolve().parts for source in sources]
    names: list[str] = []
    for n in range(1, max(map(len, parts)) + 1):
        names = [Path(*part[-n:]).as_posix() for part in parts]
        if len(set(names)) == len(set(parts)):
            break
    return names


def _predict(
    nlp: "Language", docs: "Sequence[Doc]", model: str, name: str, rename: "Mapping[str, str]"
) -> "Prediction":
    from ..report.prediction import predict

    found = predict(nlp, docs, name, rename=rename, progress=True)
    has_some = any(one.predicted for outcomes in found.outcomes for one in outcomes or ())
    require_entities(nlp, model, has_some=has_some, do="")
    return found


def _other(
    source: str, docs: "Sequence[Doc]", nlp: "Language", name: str, rename: "Mapping[str, str]"
) -> "Prediction":
    """RETURNS (Prediction): of another pipeline, or of a file or folder of predictions."""
    from ..report.prediction import match_predictions

    path = Path(source)
    if path.exists() and not (path / "meta.json").is_file():
        predicted, n_lost = read_gold(nlp, path, alignment="expand")
        return match_predictions(predicted, docs, name, rename=rename, n_lost=n_lost)
    return _predict(load_pipeline(source), docs, source, name, rename)
