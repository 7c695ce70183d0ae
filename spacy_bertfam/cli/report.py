"""`bertfam report`: what a recognizer gets wrong on annotated texts, as figures and in context."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import UserError
from .arguments import GPU, PIPELINE
from .pipelines import load_pipeline

N_TRIED = 100  # texts of a pipeline that does not say whether it sets entities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spacy.language import Language
    from spacy.tokens import Doc

    from ..report.prediction import Prediction


def report_cli(
    model: str = PIPELINE,
    data: Path = typer.Argument(
        ..., help="Annotated texts that it was not trained on: .spacy, or what `convert` reads"
    ),
    output: Path = typer.Option(
        ..., "--output", "-o", help="Folder of report.html, report.md and report.json"
    ),
    compare: str | None = typer.Option(
        None, metavar="OTHER", help="Another pipeline, or a file of predictions for the same texts"
    ),
    train: Path | None = typer.Option(
        None, help="What it was trained on, to part what it has seen from the rest"
    ),
    by: str | None = typer.Option(
        None, metavar="FIELD", help="Scores by a field of the texts, as author or genre; file: by their file"
    ),
    rename: list[str] | None = typer.Option(
        None, "--map", "-m", metavar="OLD=NEW,...", help="Other names for labels of OTHER; O drops one"
    ),
    limit: int = typer.Option(500, min=0, help="Errors on the page; report.json has all"),
    seed: int = typer.Option(0, help="Of the resampling"),
    use_gpu: int = GPU,
) -> None:
    """Report what a recognizer gets wrong, and what another one gets right instead.

    Scores with intervals, by label, by length, by place and more; kinds of error; calibration; the errors themselves,
    the most confident first. With --compare, whether the difference is more than chance, and what is new and mended.
    """
    from ..data.labels import parse_map
    from ..files.saving import require_writable, write_files
    from ..report.report import annotated_docs, make_report
    from ..report.writing import format_summary, written
    from .gpu import use_gpu as compute_on

    require_writable(output / "report.json")
    compute_on(use_gpu, silent=True)
    nlp = load_pipeline(model)
    docs, n_unannotated = annotated_docs(read_gold(nlp, data, field=by or ""), str(data))
    seen = read_gold(nlp, train) if train is not None else None
    other = _other(compare, docs, nlp, parse_map(rename or [])) if compare is not None else None
    found = _predict(nlp, docs, model, {})
    report = make_report(
        docs, found, data=data.name, other=other, train=seen, by=by, n_unannotated=n_unannotated, seed=seed
    )
    contents = written(report, lang=nlp.lang or "", n_shown=limit)
    write_files({output / name: text.encode("utf8") for name, text in contents.items()})
    typer.echo(format_summary(report))
    if report.overlap_note:
        typer.echo(f"Note: {report.overlap_note}", err=True)
    typer.echo(f"{output / 'report.html'}: written, with report.md and report.json")


def read_gold(nlp: "Language", path: Path, *, field: str = "") -> "list[Doc]":
    """Read annotated Docs: .spacy, a folder of such, or any form that `convert` reads.

    field (str): of the texts, to be kept in ``doc.user_data``.
    """
    from ..data.corpus import read_references
    from ..data.options import ReadOptions
    from ..data.texts import read_docs

    files = sorted(path.rglob("*.spacy")) if path.is_dir() else [path] * (path.suffix == ".spacy")
    if not files:
        return read_references(path, nlp, ReadOptions(field=field))
    docs = []
    for file in files:
        for doc in read_docs(file, nlp.vocab):
            if field == "file":
                doc.user_data[field] = file.name
            docs.append(doc)
    return docs


def _predict(nlp: "Language", docs: "Sequence[Doc]", name: str, rename: "Mapping[str, str]") -> "Prediction":
    from ..report.prediction import predict

    assigned = {field for pipe in nlp.pipe_names for field in nlp.get_pipe_meta(pipe).assigns}
    if "doc.ents" not in assigned and not any(
        doc.ents for doc in nlp.pipe(doc.text for doc in docs[:N_TRIED])
    ):
        raise UserError(
            f"No component of {name} sets entities ({', '.join(nlp.pipe_names) or 'it is empty'}); expected one that "
            "does, as bertfam_ner or entity_ruler: give another pipeline."
        )
    return predict(nlp, docs, Path(name).name, rename=rename, progress=True)


def _other(name: str, docs: "Sequence[Doc]", nlp: "Language", rename: "Mapping[str, str]") -> "Prediction":
    """RETURNS (Prediction): of another pipeline, or of a file or folder of predictions."""
    from ..report.prediction import match_predictions

    path = Path(name)
    if path.exists() and not (path / "meta.json").is_file():
        return match_predictions(read_gold(nlp, path), docs, path.name, rename=rename)
    return _predict(load_pipeline(name), docs, name, rename)
