"""`bertfam annotate`: texts through a pipeline, into a file that other tools read."""

from collections.abc import Sequence
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer import Argument, Option

from ..errors import UserError, require_packages
from .arguments import CODE, GPU, PIPELINE, TO, import_code
from .explain import say
from .train import stopped

if TYPE_CHECKING:
    from ..annotation.annotate import Annotation


class Order(str, Enum):
    """Which texts come first."""

    input = "input"
    uncertain = "uncertain"


def annotate_cli(
    model: str = PIPELINE,
    source: str = Argument(
        ...,
        metavar="IN",
        help="A .txt file, a folder of them, .jsonl, .csv, .tsv, .parquet, an address (s3://...) of one, or -: stdin",
    ),
    output: Path = Argument(..., metavar="OUT", help="A file, or a folder (brat, webanno); must not exist"),
    to: str | None = TO,
    column: str = Option("text", "--text-column", help="Column, or key, of the text; its id is under id"),
    lines: bool = Option(
        False, "--lines", help="Each line of a .txt file, or of stdin, is a text of its own"
    ),
    min_score: float = Option(0.0, min=0, max=1, help="Leave out entities with a lower score"),
    vectors: bool = Option(False, "--vectors", help="Write the vector of each text (jsonl, parquet)"),
    order: Order = Option(
        Order.input, help="uncertain: what a bertfam_ner is least sure of comes first; with --limit"
    ),
    limit: int | None = Option(None, min=1, help="Write so many texts"),
    component: str | None = Option(None, help="The bertfam_ner of --order, where there are several"),
    n_process: int | None = Option(
        None, min=1, help="Processes, 1 by default; workers of --ray, by default one for each core or GPU"
    ),
    batch_size: int = Option(256, min=1, help="Texts that go through the pipeline together"),
    use_gpu: int = GPU,
    ray: str | None = Option(
        None, metavar="ADDRESS", help="local, auto, or the address of a Ray cluster whose workers annotate"
    ),
    num_gpus: float = Option(0.0, min=0, help="GPUs of each worker of --ray; parts of one too"),
    code_path: Path | None = CODE,
) -> None:
    """Annotate texts by any pipeline, and write what it found.

    Entities, spans and categories come with scores where they have any. A text that fails is written with its error.
    Stopped or killed, the same command goes on where it was: OUT.parts keeps what is done until OUT is whole.
    """
    from tqdm import tqdm

    from ..annotation.annotate import Annotator, digest_of
    from ..data.text_address import local_copy
    from ..data.text_stream import stream_texts
    from ..data.texts import STDIN
    from ..data.writers.formats import find_form, say_left_out
    from .pipelines import load_pipeline

    form = find_form(to, output)
    if order is Order.uncertain and limit is None:
        raise UserError("--order uncertain without --limit; expected how many texts are to be chosen.")
    if (num_gpus and ray is None) or (use_gpu >= 0 and ray is not None):
        raise UserError("--num-gpus is for the workers of --ray, --gpu-id for this process; expected one.")
    if ray is not None:
        require_packages("ray", extra="ray", user="--ray")
    with local_copy(source) as place:
        texts = partial(stream_texts, place, column=column, by_line=lines)
        # read once before the work, to know how much it is, and what of it cannot be read
        total = None if source == STDIN else sum(1 for _ in texts())
        if order is Order.input and limit is not None:
            total = min(total or limit, limit)
        import_code(code_path)
        settings: dict[str, Any] = {
            "batch_size": batch_size, "min_score": min_score, "vectors": vectors,
            "is_ordered": order is Order.uncertain, "component": component,
        }  # fmt: skip
        nlp = load_pipeline(model, use_gpu)
        annotator = Annotator(nlp, n_process=1 if ray else n_process or 1, limit=limit, **settings)
        run = None
        if ray is not None:
            from ..annotation.ray_workers import run_on_ray
            from ..annotation.worker import Worker

            worker = Worker(model, digest_of(nlp), code_path, is_on_gpu=num_gpus > 0, settings=settings)
            run = partial(run_on_ray, worker, address=ray, n_workers=n_process, num_gpus=num_gpus)
        try:
            with tqdm(total=total, desc="annotating", unit=" texts", disable=None) as bar:
                found = annotator.annotate(texts(), output, form, done=bar.update, run=run)
        except KeyboardInterrupt:
            raise stopped(None, "The same command goes on where it was.") from None
    _tell(found, output, annotator.nlp.pipe_names, say_left_out(found.left_out))


def _tell(found: "Annotation", output: Path, components: Sequence[str], left_out: str) -> None:
    typer.echo(f"texts {found.n_texts:,}, entities and spans {found.n_spans:,} -> {output}")
    if found.n_texts and not found.n_spans:
        names = ", ".join(components) or "none"
        say("Note", f"No text has an entity or a span; the pipeline's components: {names}.")
    if left_out:
        say("Note", left_out)
    say("Warning", *(f"The text {name} failed ({error})." for name, error in found.errors))
    if found.n_failed > len(found.errors):
        say("Warning", f"{found.n_failed:,} texts failed in all; each is written with its error.")
