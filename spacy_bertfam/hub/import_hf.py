"""A fine-tuned network of `transformers`, for tokens, texts or answers -> a spaCy pipeline, head included."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.language import Language

from ..data.pairs import make_pair
from ..decoding.tags import PREFIXES, HeadLabels, TagSet
from ..encoder.checkpoint.source import find_checkpoint
from ..encoder.model import encoder_shim, set_width
from ..gate import CheckedFolder, CheckpointError, check_folder
from ..listeners.spacy_private import link_components
from ..types import Tok2VecModel
from .head import NEVER, token_head, token_labels
from .layers import put_arrays
from .network import ANSWERS, TEXTS, TOKENS, architecture_of, kind_of, open_head
from .probe import logits_of, piece_logits, read_probe, require_same
from .text_head import read_text_head

ENCODER = "encoder"


def import_hf(
    name: str,
    *,
    lang: str = "xx",
    mapping: Mapping[str, str] | None = None,
    scheme: str | None = None,
    component: str | None = None,
    revision: str | None = None,
) -> Language:
    """Make a pipeline of an encoder and a component with the checkpoint's head: ``bertfam_ner`` for a token classifier,
    spaCy's ``textcat`` or ``textcat_multilabel`` for a sequence classifier, ``bertfam_qa`` for answers to questions.

    name (str): a Hugging Face folder, or the name of a repository on the hub.
    lang (str): the language whose tokenizer the pipeline has; "xx" is neutral.
    mapping (Mapping[str, str] | None): new names of classes or labels.
    scheme (str | None): the tag scheme, instead of the one recognized from the classes of a token classifier.
    component (str | None): the name of the component; None is "ner", "qa", or spaCy's.
    RAISES (CheckpointError): when the checkpoint cannot be carried over whole, or scores here in another way.
    """
    folder = find_checkpoint(name, revision)
    found = check_folder(folder)
    kind, architecture = kind_of(folder, found.config), architecture_of(found.config)
    labels = token_labels(found, mapping=mapping, scheme=scheme) if kind == TOKENS else None
    if labels is not None:
        _require_used_prefixes(labels.tag_set, labels.rows)
    elif scheme is not None or (mapping and kind == ANSWERS):
        raise CheckpointError(
            f"{folder} is a {architecture}: it has no tags. Expected no --scheme, and no --map of any."
        )
    nlp = spacy.blank(lang)
    source = folder.name if Path(name).is_dir() else name
    block = {"name": source, "revision": revision}
    if kind == ANSWERS:
        _add_qa(nlp, found, block, component or "qa")
    else:
        encoder: Any = nlp.add_pipe("bertfam_encoder", name=ENCODER, config={"model": block})
        _load(encoder.model, folder)
        if labels is not None:
            _add_ner(nlp, found, labels, component or "ner")
        else:
            _add_textcat(nlp, found, mapping, component)
    nlp.meta["description"] = f"Imported from {source}, a {architecture} of Hugging Face transformers"
    return nlp


def _load(encoder: Tok2VecModel, folder: Path) -> None:
    encoder_shim(encoder).load(folder)
    set_width(encoder)


def _add_qa(nlp: Language, folder: CheckedFolder, block: dict[str, Any], component: str) -> None:
    """With an encoder of its own, whose pieces it reads as `transformers` does."""
    tok2vec = {"@architectures": "spacy-bertfam.Encoder.v1", **block}
    model = {"@architectures": "spacy-bertfam.SpanAnswerer.v1", "tok2vec": tok2vec}
    qa: Any = nlp.add_pipe("bertfam_qa", name=component, config={"model": model})
    encoder = qa.model.get_ref("tok2vec")
    _load(encoder, folder.path)
    qa.model.initialize(X=[make_pair(nlp.make_doc("a"), nlp.make_doc("b"), nlp.vocab)])
    probe = read_probe(encoder_shim(encoder).loaded)
    arrays, network = open_head(folder, ANSWERS)
    put_arrays(qa.model, arrays)
    ours, theirs = piece_logits(qa.model, probe.vectors), logits_of(network, probe)
    require_same(architecture_of(folder.config), ours, theirs)
    nlp.meta["name"] = "qa"


def _add_ner(nlp: Language, folder: CheckedFolder, labels: HeadLabels, component: str) -> None:
    arrays, network = open_head(folder, TOKENS)
    head = token_head(folder, labels, arrays)
    config = {"scheme": labels.tag_set.scheme, "model": head.model_config()}
    ner = _add_head(nlp, "bertfam_ner", component, config)
    ner.take_head(head)
    ner.model.initialize(X=[nlp.make_doc("a")])
    head.copy_into(ner.model, ner.tag_set.tags, missing=NEVER)
    probe = read_probe(_checkpoint(nlp))
    known = np.flatnonzero(np.array(labels.rows) >= 0)
    ours = piece_logits(ner.model, probe.vectors)[:, known]
    theirs = logits_of(network, probe)[..., np.array(labels.rows)[known]]
    require_same(architecture_of(folder.config), ours, theirs)
    nlp.meta["name"] = "ner"


def _add_textcat(
    nlp: Language, folder: CheckedFolder, mapping: Mapping[str, str] | None, component: str | None
) -> None:
    probe = read_probe(_checkpoint(nlp))
    arrays, network = open_head(folder, TEXTS)
    theirs = logits_of(network, probe)
    head = read_text_head(folder.config, arrays, vectors=probe.vectors, theirs=theirs, mapping=mapping)
    component = component or head.factory
    textcat = _add_head(nlp, head.factory, component, {"model": head.model_config()})
    for label in head.labels:
        textcat.add_label(label)
    textcat.model.initialize(X=[nlp.make_doc("a")])
    put_arrays(textcat.model, head.arrays)
    nlp.meta["name"] = head.factory


def _add_head(nlp: Language, factory: str, component: str, config: dict[str, Any]) -> Any:
    tok2vec = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": ENCODER}
    model = {**config["model"], "tok2vec": tok2vec}
    pipe = nlp.add_pipe(factory, name=component, config={**config, "model": model})
    link_components(nlp)
    return pipe


def _checkpoint(nlp: Language) -> Any:
    encoder: Any = nlp.get_pipe(ENCODER)
    return encoder_shim(encoder.model).loaded


def _require_used_prefixes(tag_set: TagSet, rows: Sequence[int]) -> None:
    """A scheme may be given that the classes do not have: without E- and S- no entity would ever end."""
    known = {tag[0] for tag, row in zip(tag_set.tags, rows, strict=True) if row >= 0}
    ends = PREFIXES[tag_set.scheme][2:]
    if ends and not known & set(ends):
        raise CheckpointError(
            f"No class of the checkpoint begins with {'- or '.join(ends)}-, as the scheme {tag_set.scheme} has it; "
            "expected another --scheme, or none: the classes say it."
        )
