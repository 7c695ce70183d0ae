"""`bertfam adopt`: a pipeline of spacy-transformers or spacy-curated-transformers on an encoder of this package."""

from pathlib import Path

import typer
from typer import Option

from .arguments import NEW_PIPELINE, PIPELINE


def adopt_cli(
    pipeline: str = PIPELINE,
    out: Path = NEW_PIPELINE,
    texts: Path | None = Option(None, help="Texts to compare both on, one a line; else spaCy's examples."),
    tolerance: float = Option(1e-3, help="Largest difference of a token vector that is accepted."),
) -> None:
    """Put a pipeline like fr_dep_news_trf on a bertfam_encoder.

    The encoder gets the weights of its transformer, its heads listen to that one then, and what they find is compared
    and printed. The new pipeline needs neither spacy-transformers nor spacy-curated-transformers.
    """
    from ..data.texts import read_texts
    from ..files.saving import require_new
    from ..hub.adopt.adopt import adopt
    from ..hub.adopt.compare import format_difference, sample_texts
    from ..optimize.optimize import write_pipeline
    from .pipelines import load_pipeline

    require_new(out)
    sample = read_texts(texts, by_line=True) if texts is not None else None
    old = load_pipeline(pipeline)
    new, difference = adopt(old, sample or sample_texts(str(old.lang)), tolerance=tolerance)
    write_pipeline(new, out)
    typer.echo(format_difference(difference))
    typer.echo(f"{out}: {', '.join(new.pipe_names)}")
