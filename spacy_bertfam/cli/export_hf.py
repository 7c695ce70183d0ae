"""`bertfam export-hf`: a trained pipeline back as a Hugging Face checkpoint."""

from pathlib import Path

import typer
from typer import Argument, Option

from .arguments import PIPELINE, REPORT_FOLDER
from .explain import say


def export_hf_cli(
    model: str = PIPELINE,
    out: Path = Argument(..., help="Folder for the checkpoint; must not hold anything yet."),
    component: str | None = Option(None, help="Whose head goes along; mostly it is clear."),
    encoder_only: bool = Option(False, "--encoder-only", help="The encoder without a head."),
    report: Path | None = REPORT_FOLDER,
    push: str | None = Option(None, help="Upload the folder to this repository, as me/my-ner."),
) -> None:
    """Write a pipeline as a Hugging Face network.

    AutoModelForTokenClassification and pipeline("ner"), or their kin, open the folder; it has a model card.
    """
    from ..hub.export_hf import export_hf, push_folder
    from .pipelines import load_pipeline

    nlp = load_pipeline(model)
    say("Note", *export_hf(nlp, out, component=component, encoder_only=encoder_only, report=report))
    typer.echo(f"{out}: written")
    if push:
        typer.echo(push_folder(out, push))
