"""`bertfam card`: the README of a pipeline's wheel, or of its folder on the hub."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer import Option

from ..errors import UserError
from .arguments import PIPELINE, REPORT_FOLDER
from .pipelines import load_pipeline, read_source

if TYPE_CHECKING:
    from spacy.language import Language


def card_cli(
    model: str = PIPELINE,
    report: Path | None = REPORT_FOLDER,
    examples: str | None = Option(
        None, metavar="TEXT_OR_FILE", help="Texts to take examples of the labels from, read line by line"
    ),
    output: Path | None = Option(
        None, "--output", "-o", help="The file, or its folder; else MODEL, where `spacy package` takes it up"
    ),
    name: str | None = Option(None, help="Name of the pipeline without its language, as news"),
    version: str | None = Option(None, help="Version of the pipeline"),
    component: str | None = Option(
        None, help="Whose labels and scores; mostly it is clear, and a pipeline of an encoder alone has none"
    ),
    force: bool = Option(False, "--force", help="Write over the README.md of MODEL"),
) -> None:
    """Write a model card of a pipeline.

    Without --output name and version go into the meta.json of MODEL too, so that `spacy package` makes a wheel of that
    name. Description, license and sources are taken from meta.json.
    """
    from ..files.saving import write_file, write_files
    from ..hub.card import model_card, name_of, read_report

    scores = read_report(report) if report is not None else None
    if output is None and not Path(model).is_dir():
        raise UserError(f"{model!r} is no folder; expected one, or --output with the file to write.")
    place = Path(model, "README.md")
    if output is None and place.exists() and not force:
        raise UserError(
            f"{place} exists already; expected --force to write over it, or --output with another place."
        )
    nlp = load_pipeline(model)
    nlp.meta["name"] = name or name_of(nlp)
    nlp.meta["version"] = version or nlp.meta["version"]
    read = list(nlp.pipe(read_source(nlp, examples, by_line=True))) if examples is not None else []
    card = model_card(nlp, _find_head(nlp, component), report=scores, examples=read)
    if output is not None:
        output = output / "README.md" if output.is_dir() else output
        write_file(output, card)
    else:
        meta = Path(model, "meta.json")
        named = json.loads(meta.read_text(encoding="utf8"))
        named |= {key: nlp.meta[key] for key in ("name", "version")}
        output = place
        content = {output: card, meta: json.dumps(named, ensure_ascii=False, indent=2) + "\n"}
        write_files({path: text.encode("utf8") for path, text in content.items()})
    typer.echo(f"{output}: written")


def _find_head(nlp: "Language", component: str | None) -> Any:
    """RETURNS (BertfamNER | BertfamQA | TextCategorizer | None): None of a pipeline of encoders alone."""
    from ..pipeline.encoder import BertfamEncoder
    from ..pipeline.find import find_head

    pipes = [nlp.get_pipe(name) for name in nlp.component_names]
    is_encoder = component is None and bool(pipes) and all(isinstance(pipe, BertfamEncoder) for pipe in pipes)
    return None if is_encoder else find_head(nlp, component)
