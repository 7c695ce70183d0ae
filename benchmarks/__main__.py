"""`python -m benchmarks run`: every figure of the package, one suite after the other."""

from pathlib import Path

import typer

from benchmarks.foreign import SYSTEMS
from benchmarks.suites import SIZES, SUITES, Inputs, run_suite

# As WiNER-fr names them, and as most others do
LABELS = ["Person=PER", "Location=LOC", "Organization=ORG", "PER=PER", "LOC=LOC", "ORG=ORG"]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.callback()
def main() -> None:
    """Figures of spacy-bertfam beside other ways to do the same."""


@app.command("run")
def run_cli(
    suite: list[str] = typer.Option(
        list(SUITES), show_default=False, help=f"Which: {', '.join(SUITES)}; several times for several."
    ),
    output: Path = typer.Option(Path("metrics/benchmarks"), help="Folder for JSON and Markdown"),
    model: Path | None = typer.Option(None, help="A pipeline with the components encoder and ner"),
    corpus: list[Path] = typer.Option(
        [], help="Folder with train.jsonl, dev.jsonl and test.jsonl; the suite pipelines takes several"
    ),
    map_: list[str] = typer.Option(
        LABELS, "--map", help="The suite pipelines: label of a corpus or a pipeline = label that is scored"
    ),
    encoder: Path | None = typer.Option(
        None, help="Hugging Face folder; without --model an untrained one is made"
    ),
    lang: str = typer.Option("fr", help="Language of spaCy's tokenizer"),
    n_rounds: int = typer.Option(5, help="Rounds; systems alternate, figures are medians"),
    n_docs: int | None = typer.Option(
        None, min=1, help="The suites chain, limit and speed read the first documents only"
    ),
    unit: str = typer.Option("doc", help="The same suites read: doc, paragraph or sentence"),
    also: list[Path] = typer.Option(
        [],
        help="The suite speed: the same pipeline as `bertfam optimize` has written it; the suite pipelines: others, "
        "folders or wheels; several times",
    ),
    peer: list[str] = typer.Option(
        [], help=f"The suite speed: only some of {'; '.join(SYSTEMS)}; several times"
    ),
    n_labels: int = typer.Option(7, min=1, help="Labels of the pipeline that is made without --model"),
    max_words: int = typer.Option(SIZES[-1], help="The suite memory goes from 1,000 words up to these"),
) -> None:
    """Run suites (all of them without --suite) and leave their figures in OUTPUT."""
    unknown = sorted(set(suite) - set(SUITES))
    if unknown:
        raise typer.BadParameter(
            f"--suite: found {', '.join(unknown)}; expected some of {', '.join(SUITES)}."
        )
    inputs = Inputs(
        output, model, tuple(corpus), encoder, lang, n_rounds, n_docs, unit, tuple(also), tuple(peer), tuple(map_),
        n_labels, max_words,
    )  # fmt: skip
    for name in suite:
        try:
            typer.echo(run_suite(name, inputs))
        except ValueError as error:
            typer.echo(f"Error: suite {name}: {error}", err=True)
            raise typer.Exit(1) from error


if __name__ == "__main__":
    app()
