"""`bertfam import-hf`: a fine-tuned classifier of the Hugging Face world as a spaCy pipeline."""

from pathlib import Path
from typing import Any

import typer
from typer import Argument, Option

from .arguments import ALLOW_PICKLE, NEW_PIPELINE, REVISION


def import_hf_cli(
    name: str = Argument(..., help="Folder of a checkpoint, or name of a repository on the hub."),
    out: Path = NEW_PIPELINE,
    lang: str = Option("xx", help="Language of the tokenizer: fr, en, ...; xx is neutral."),
    map: str | None = Option(None, help="New names, as PERSON=PER,LABEL_0=O,LABEL_1=B-LOC."),
    scheme: str | None = Option(None, help="IO, IOB, IOB2, BIOES or BILUO, whatever the classes' names."),
    component: str | None = Option(
        None, help="Name of the component: ner, qa, textcat or textcat_multilabel."
    ),
    revision: str | None = REVISION,
    allow_pickle: bool = ALLOW_PICKLE,
) -> None:
    """Turn a Hugging Face network into a pipeline.

    The network is one for tokens, texts or answers; its head, its labels and its scheme come along. The pipeline opens
    with spacy.load, offline, and trains on with spacy train. No code of the checkpoint is run.
    """
    from ..data.labels import parse_map
    from ..files.saving import replaced_whole, require_new
    from ..hub.fetch import without_pickle
    from ..hub.import_hf import import_hf

    require_new(out)
    mapping = parse_map([map] if map else [])
    with without_pickle(name, revision, allow=allow_pickle) as source:
        nlp = import_hf(
            source, lang=lang, mapping=mapping, scheme=scheme, component=component, revision=revision
        )
    with replaced_whole(out) as staging:
        nlp.to_disk(staging)
    head: Any = nlp.pipeline[-1][1]
    labels = f"; labels {', '.join(head.labels)}" if head.labels else ""
    scheme = f"; scheme {head.cfg['scheme']}" if "scheme" in head.cfg else ""
    typer.echo(f"{out}: {', '.join(nlp.pipe_names)}{scheme}{labels}")
