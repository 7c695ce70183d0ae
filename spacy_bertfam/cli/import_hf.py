"""`bertfam import-hf`: a fine-tuned token classifier of the Hugging Face world as a spaCy pipeline."""

from pathlib import Path
from typing import Any, Optional

import typer


def import_hf_cli(
    name: str = typer.Argument(..., help="Folder of a checkpoint, or name of a repository on the hub."),
    out: Path = typer.Argument(..., help="Folder for the pipeline; must not exist yet."),
    lang: str = typer.Option(
        "xx", help="Language whose tokenizer the pipeline has: fr, en, ...; xx is neutral."
    ),
    map: Optional[str] = typer.Option(None, help="New names, as PERSON=PER,LABEL_0=O,LABEL_1=B-LOC."),
    scheme: Optional[str] = typer.Option(
        None, help="IO, IOB, IOB2, BIOES or BILUO, instead of what the classes' names say."
    ),
    component: str = typer.Option("ner", help="Name of the entity recogniser."),
    revision: Optional[str] = typer.Option(None, help="Branch, tag or commit of the repository."),
    allow_pickle: bool = typer.Option(
        False, "--allow-pickle", help="Read pickled weights (weights only, no code) if there are no others."
    ),
) -> None:
    """Turn a token classifier into a spaCy pipeline, with its head, its labels and its scheme.

    The pipeline opens with spacy.load, offline, and trains on with spacy train. No code of the
    checkpoint is run.
    """
    from ..files.saving import replaced_whole, require_new
    from ..hub.fetch import without_pickle
    from ..hub.import_hf import import_hf

    require_new(out)
    with without_pickle(name, revision, allow=allow_pickle) as source:
        nlp = import_hf(
            source, lang=lang, mapping=_parse_map(map), scheme=scheme, component=component, revision=revision
        )
    with replaced_whole(out) as staging:
        nlp.to_disk(staging)
    ner: Any = nlp.get_pipe(component)
    typer.echo(
        f"{out}: {', '.join(nlp.pipe_names)}; scheme {ner.cfg['scheme']}; labels {', '.join(ner.labels)}"
    )


def _parse_map(text: Optional[str]) -> dict[str, str]:
    """A label may hold spaces and dashes, but no comma and no equals sign."""
    from ..gate import CheckpointError

    pairs = [pair.partition("=") for pair in (text or "").split(",") if pair.strip()]
    for old, sign, new in pairs:
        if not (sign and old.strip() and new.strip()):
            raise CheckpointError(f"--map has {old + sign + new!r}; expected OLD=NEW,OLD=NEW.")
    return {old.strip(): new.strip() for old, _, new in pairs}
