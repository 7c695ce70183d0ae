"""`bertfam export-hf`: a trained pipeline back as a Hugging Face checkpoint."""

from pathlib import Path
from typing import Optional

import typer


def export_hf_cli(
    model: str = typer.Argument(..., help="Pipeline: a folder, or the name of an installed package."),
    out: Path = typer.Argument(..., help="Folder for the checkpoint; must not hold anything yet."),
    component: str = typer.Option("ner", help="Entity recogniser whose head goes along."),
    encoder_only: bool = typer.Option(False, "--encoder-only", help="The encoder without a head."),
    push: Optional[str] = typer.Option(
        None, help="Upload the folder to this repository of the hub, as me/my-ner."
    ),
) -> None:
    """Write a folder for AutoModelForTokenClassification and pipeline("ner"), with a model card."""
    from ..hub.export_hf import export_hf, push_folder
    from .render import load_pipeline

    notes = export_hf(load_pipeline(model), out, component=component, encoder_only=encoder_only)
    for note in notes:
        typer.echo(f"Note: {note}", err=True)
    typer.echo(f"{out}: written")
    if push:
        typer.echo(push_folder(out, push))
