"""`bertfam audit`: annotation that is probably wrong, by recognizers that have not learned from it."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer import Argument, Option

from ..errors import UserError
from .arguments import CODE, FORMS, GPU, import_code
from .explain import say
from .train import stopped

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

    from ..audit.audit import Audit
    from ..audit.folds import Unseen
    from ..data.writers.formats import Form


def audit_cli(
    ctx: typer.Context,
    data: Path = Argument(..., help="Annotated texts: a .spacy file, or a folder of such"),
    output: Path = Option(..., "--output", "-o", metavar="DIR", help="Folder for what is found"),
    encoder: str | None = Option(
        None, help="Encoder of the recognizers that are trained, one a fold: a folder, or a name on the hub"
    ),
    lang: str | None = Option(None, "--lang", "-l", help="Language of the texts, with --encoder"),
    folds: int = Option(5, min=2, help="Parts of the texts; each is read by what the others taught"),
    steps: int | None = Option(
        None, min=1, help="Training steps a fold; else three times through the texts, at least 200"
    ),
    model: str | None = Option(
        None, help="In place of --encoder: a pipeline that has NOT been trained on these texts"
    ),
    component: str | None = Option(None, help="The bertfam_ner of --model, where it has several"),
    to: str | None = Option(
        None, help=f"Write the texts to correct, and the others to others.spacy: {FORMS}"
    ),
    limit: int = Option(
        200, min=1, help="So many findings are on the page, and their texts in the file of --to"
    ),
    use_gpu: int = GPU,
    code_path: Path | None = CODE,
) -> None:
    """Find annotated entities that are probably wrong.

    The texts are parted into folds. A recognizer is trained on all folds but one and reads that one; where it finds
    something else than the annotation, that is listed in audit.json and audit.html: missed entities, wrong labels,
    wrong borders, entities that are none, and strings that are annotated differently elsewhere; the most probable
    mistakes first. --to writes the texts of the first findings to be corrected, and the others to others.spacy.
    Settings of the training are given as in `train` (--components.encoder.model.n_layers 6). Stopped, the same command
    goes on with the folds that are done.
    """
    from wasabi.tables import table

    from ..audit.audit import audit
    from ..data.writers.formats import find_form
    from .gpu import use_gpu as compute_on
    from .spacy_private import parse_config_overrides

    overrides = parse_config_overrides(ctx.args)
    _require_one(encoder, model, lang, is_training=bool(overrides or steps))
    form = find_form(to, output) if to is not None else None
    if data.is_dir() and output.resolve().is_relative_to(data.resolve()):
        what = f"{output} is within {data}, and what is written would be read as data"
        raise UserError(f"{what}; expected another -o.")
    import_code(code_path)
    compute_on(use_gpu, silent=True)
    if model is not None:
        docs, parts = _by_pipeline(model, data, component)
    else:
        training = {"steps": steps, "overrides": overrides}
        docs, parts = _by_folds(data, output, folds, str(encoder), str(lang), use_gpu, **training)
    found = audit(docs, parts)
    _write(found, output, form, limit)
    rows = [(kind, *numbers) for kind, numbers in found.counts.items()]
    typer.echo(table(rows, header=("reason", "findings", "confident"), aligns=("l", "r", "r")))
    typer.echo(f"texts {len(docs):,}, entities {found.n_entities:,} -> {output / 'audit.html'}, audit.json")
    if found.n_unscored:
        say(
            "Note",
            f"{found.n_unscored:,} entities have a label that the recognizer lacks and are not scored.",
        )


def _require_one(encoder: str | None, model: str | None, lang: str | None, *, is_training: bool) -> None:
    """RAISES (UserError): when it is not clear who is to read the texts."""
    if (encoder is None) == (model is None):
        raise UserError("Expected either --encoder, to train a recognizer a fold, or --model, a trained one.")
    if encoder is not None and lang is None:
        raise UserError("--encoder without --lang; expected the language of the texts, as in --lang fr.")
    if model is not None and is_training:
        raise UserError(
            "--steps and settings of a training with --model, which trains nothing; leave them out."
        )


def _by_pipeline(model: str, data: Path, component: str | None) -> "tuple[list[Doc], list[Unseen]]":
    import numpy as np

    from ..audit.folds import read_unseen_by
    from .pipelines import is_trained_on, load_pipeline

    nlp = load_pipeline(model)
    if is_trained_on(nlp, data):
        raise UserError(
            f"{model} was trained on {data}: what it has learned from looks right to it. Expected a pipeline that has "
            "never seen these texts, or --encoder, to train one for each fold."
        )
    docs = _read(nlp, data)
    return docs, [read_unseen_by(nlp, docs, np.arange(len(docs)), component=component)]


def _by_folds(
    data: Path, output: Path, n_folds: int, encoder: str, lang: str, use_gpu: int, **training: Any
) -> "tuple[list[Doc], list[Unseen]]":
    import spacy

    from ..audit.folds import cross_validate, fold_config
    from ..training.stopping import Stop

    docs = _read(spacy.blank(lang), data)
    if len(docs) < n_folds:
        raise UserError(
            f"{data} has {len(docs)} annotated texts for {n_folds} folds; expected one a fold or more."
        )
    config = fold_config(encoder, lang, sum(map(len, docs)) * (n_folds - 1) / n_folds, **training)
    parts = []
    with Stop().handling_signals() as stop:
        try:
            for part in cross_validate(docs, config, output, n_folds=n_folds, stop=stop, use_gpu=use_gpu):
                parts.append(part)
                typer.echo(f"fold {len(parts)} of {n_folds}: done", err=True)
        except KeyboardInterrupt:
            stop.signal = stop.signal or "SIGINT"
    if len(parts) < n_folds:
        raise stopped(stop.signal, f"{len(parts)} folds are done; the same command goes on after them.")
    return docs, parts


def _read(nlp: "Language", data: Path) -> "list[Doc]":
    """RETURNS (list[Doc]): those with annotation; others are counted on standard error."""
    from .pipelines import read_examples

    docs = [eg.reference for eg in read_examples(nlp, data, option="DATA")]
    kept = [doc for doc in docs if doc.text.strip() and doc.has_annotation("ENT_IOB")]
    if not any(doc.ents for doc in kept):
        raise UserError(f"{data} has no entity; expected annotated texts.")
    if len(kept) < len(docs):
        n_lost = len(docs) - len(kept)
        say("Note", f"{n_lost:,} texts without annotation are left out, of others.spacy too.")
    return kept


def _write(found: "Audit", output: Path, form: "Form | None", limit: int) -> None:
    """Write audit.json, audit.html, and with a format the texts to correct and the others."""
    from spacy.tokens import DocBin

    from ..audit.page import render_audit
    from ..data.writers.formats import say_left_out, written
    from ..files.saving import write_files

    content = json.dumps(found.as_json(), ensure_ascii=False, indent=1)
    page = render_audit(found, n_shown=limit)
    files = {output / "audit.json": content.encode("utf8"), output / "audit.html": page.encode("utf8")}
    if form is not None:
        entries, left_out = list(found.entries(limit)), Counter[str]()
        place = output / f"to_correct{form.ending}"
        files |= {place / path: part for path, part in written(form, entries, left_out).items()}
        chosen = {entry["id"] for entry in entries}
        others = [doc for i, doc in enumerate(found.docs) if i not in chosen]
        files[output / "others.spacy"] = DocBin(docs=others, store_user_data=True).to_bytes()
        typer.echo(f"texts to correct {len(entries):,} -> {place}; the others -> {output / 'others.spacy'}")
        if left_out.total():
            say("Note", say_left_out(left_out))
    write_files(files)
