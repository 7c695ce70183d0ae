"""A fine-tuned token classifier of `transformers` -> a spaCy pipeline, head included."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language

from ..decoding.tags import PREFIXES, TagSet
from ..encoder.checkpoint.source import find_checkpoint
from ..encoder.model import encoder_shim, set_width
from ..gate import CheckpointError
from ..listeners.spacy_private import link_components
from .head import NEVER, PretrainedHead, read_head

ENCODER = "encoder"


def import_hf(
    name: str,
    *,
    lang: str = "xx",
    mapping: Mapping[str, str] | None = None,
    scheme: str | None = None,
    component: str = "ner",
    revision: str | None = None,
) -> Language:
    """Make a pipeline of a shared encoder and an entity recognizer with the checkpoint's weights.

    name (str): a Hugging Face folder, or the name of a repository on the hub.
    lang (str): the language whose tokenizer the pipeline has; "xx" is neutral.
    mapping (Mapping[str, str] | None): new names of classes or labels.
    scheme (str | None): the tag scheme, instead of the one recognized from the classes.
    component (str): the name of the entity recognizer.
    RAISES (CheckpointError): when the checkpoint cannot be carried over whole.
    """
    folder = find_checkpoint(name, revision)
    head = read_head(folder, mapping=mapping, scheme=scheme)
    _require_used_prefixes(head.labels.tag_set, head.labels.rows)
    nlp = spacy.blank(lang)
    source = folder.name if Path(name).is_dir() else name
    encoder: Any = nlp.add_pipe(
        "bertfam_encoder", name=ENCODER, config={"model": {"name": source, "revision": revision}}
    )
    encoder_shim(encoder.model).load(folder)
    set_width(encoder.model)
    tok2vec = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": ENCODER}
    nlp.add_pipe(
        "bertfam_ner",
        name=component,
        config={"scheme": head.labels.tag_set.scheme, "model": {**head.model_config(), "tok2vec": tok2vec}},
    )
    put_head(nlp, component, head)
    nlp.meta["name"] = "ner"
    nlp.meta["description"] = f"Imported from the Hugging Face token classifier {source}"
    return nlp


def _require_used_prefixes(tag_set: TagSet, rows: Sequence[int]) -> None:
    """A scheme may be given that the classes do not have: without E- and S- no entity would ever end."""
    known = {tag[0] for tag, row in zip(tag_set.tags, rows, strict=True) if row >= 0}
    ends = PREFIXES[tag_set.scheme][2:]
    if ends and not known & set(ends):
        raise CheckpointError(
            f"No class of the checkpoint begins with {'- or '.join(ends)}-, as the scheme {tag_set.scheme} has it; "
            "expected another --scheme, or none: the classes say it."
        )


def put_head(nlp: Language, component: str, head: PretrainedHead) -> None:
    """Give an entity recognizer without weights the labels and the weights of a checkpoint's head."""
    ner: Any = nlp.get_pipe(component)
    link_components(nlp)
    ner.take_head(head)
    ner.model.initialize(X=[nlp.make_doc("a")])
    head.copy_into(ner.model, ner.tag_set.tags, missing=NEVER)
