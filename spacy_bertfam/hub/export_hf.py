"""A spaCy pipeline -> a folder that `AutoModelForTokenClassification` and the like, and `pipeline`, open."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from spacy.language import Language
from spacy.pipeline.textcat import TextCategorizer
from thinc.types import Floats2d

from ..encoder.checkpoint.checkpoint import Checkpoint, write_checkpoint, write_files
from ..encoder.checkpoint.network import quiet_transformers, save_network
from ..encoder.model import MODEL_NAME, encoder_shim
from ..errors import UserError
from ..files.saving import replaced_whole, require_new
from ..gate import CheckpointError
from ..pipeline.find import encoders_of, find_encoder, find_head
from ..pipeline.labeled_head import require_labels
from ..pipeline.ner import BertfamNER
from ..pipeline.qa import BertfamQA
from .card import TRANSFORMERS, model_card, read_report
from .head import NEVER
from .layers import Arrays, head_arrays
from .network import ANSWERS, TEXTS, TOKENS, auto_class, head_names
from .probe import Logits, logits_of, piece_logits, read_probe, require_same
from .text_head import MULTI_LABEL, SINGLE_LABEL, text_logits

# Weights of 0 that other rows' training has hardly moved
UNMOVED = 1e-3
# The heads that architectures have, by kind
HEADS = {
    TOKENS: "spacy-bertfam.PredictionClassifier.v1 for ModernBERT, spacy-bertfam.TokenClassifier.v1 for others.",
    TEXTS: 'spacy-bertfam.TextCatClassifier.v1 with pooling = "cls" and, for most, a [model.hidden] layer.',
    ANSWERS: "spacy-bertfam.SpanAnswerer.v1, which has one linear layer.",
}


class Outgoing(NamedTuple):
    """A head on its way to `transformers`."""

    kind: str  # one of KINDS
    names: list[str]  # of its classes
    arrays: Arrays
    logits: Callable[[Floats2d], Logits]  # of a text, by its pieces' vectors
    eps: float | None  # of the norm before the output
    settings: Mapping[str, str]  # of config.json
    notes: list[str]  # what does not travel


def export_hf(
    nlp: Language,
    out: Path,
    *,
    component: str | None = None,
    encoder_only: bool = False,
    report: Path | None = None,
) -> list[str]:
    """Write the encoder, with the head of a component, as a Hugging Face folder.

    out (Path): a folder that does not exist yet, or is empty.
    component (str | None): whose head goes along; None is the component that is named "ner", or the only one
        that has one.
    encoder_only (bool): leave the head out; the folder is then one for ``AutoModel``.
    report (Path | None): folder of `bertfam report`, for the scores of the model card.
    RETURNS (list[str]): what does not travel, in sentences.
    RAISES (UserError): when the pipeline has no such component or encoder, or the head has no place there.
    """
    out = Path(out)
    require_new(out, or_empty=True)
    scores = None if report is None else read_report(report)
    pipe = None if encoder_only else find_head(nlp, component)
    shim = encoder_shim(encoders_of(nlp)[0].model if pipe is None else find_encoder(nlp, pipe))
    shim.leave_stale_graph()
    head = None if pipe is None else _outgoing(pipe, shim.settings.pooling)
    with replaced_whole(out) as staging:
        if head is None:
            write_checkpoint(shim.loaded, staging)
        else:
            _write_classifier(head, shim.loaded, staging)
        card = model_card(nlp, pipe, library=TRANSFORMERS, report=scores)
        (staging / "README.md").write_text(card, encoding="utf8")
    return [] if head is None else head.notes


def push_folder(folder: Path, repository: str) -> str:
    """Upload a folder, making the repository if there is none.

    repository (str): owner/name. The token is the one of ``huggingface-cli login`` or ``HF_TOKEN``.
    RETURNS (str): the address of the commit.
    RAISES (CheckpointError): when the hub refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    from ..encoder.checkpoint.source import network_errors

    api = HfApi()
    refusals: tuple[type[Exception], ...] = (HfHubHTTPError, HFValidationError, *network_errors())
    try:
        api.create_repo(repository, exist_ok=True)
        said = "Export from spaCy"
        return str(api.upload_folder(repo_id=repository, folder_path=folder, commit_message=said))
    except refusals as error:
        raise CheckpointError(
            f"{folder} was written but not uploaded to {repository}: {error}. Check the name, the network and the "
            "token (huggingface-cli login), and push the folder again."
        ) from error


def classes_of(ner: BertfamNER) -> list[tuple[str, int]]:
    """RETURNS (list[tuple[str, int]]): name and row in our output layer of each class, in the order of the checkpoint
    that the head came from, new ones after them. Tags that it lacked and that nothing was learned about are left
    out."""
    tag_to_id = ner.tag_set.tag_to_id
    stored = ner.cfg.get("checkpoint_classes", [])
    known = [(name, tag_to_id[tag]) for name, tag in stored if tag in tag_to_id]
    taken = {row for _, row in known}
    output = ner.model.get_ref("output_layer")
    W, b = (output.ops.to_numpy(output.get_param(name)) for name in "Wb")
    # rows that are still those which stand for a tag that the checkpoint lacked
    is_never = (b < NEVER + 1) & (np.abs(W).max(axis=1) < UNMOVED)
    return known + [(tag, i) for tag, i in tag_to_id.items() if i not in taken and not is_never[i]]


def _outgoing(pipe: Any, pooling: str) -> Outgoing:
    """RAISES (UserError): when the head reads what no classifier of `transformers` reads."""
    model = pipe.model
    if not isinstance(pipe, BertfamQA):
        require_labels(pipe)
    layers = [model.get_ref(name) for name in model.ref_names if name == "prediction_layer"]
    eps = layers[0].attrs.get("eps") if layers else None
    head = Outgoing(TOKENS, [], head_arrays(model), partial(piece_logits, model), eps, {}, [])
    if isinstance(pipe, TextCategorizer):
        if not any(node.name == "document-vectors" for node in model.walk()):
            raise UserError(
                f"The text categorizer {pipe.name!r} does not read the encoder's first special piece, as sequence "
                'classifiers of transformers do; expected a spacy-bertfam.TextCatClassifier.v1 with pooling = "cls".'
            )
        settings = {"problem_type": MULTI_LABEL if model.attrs["multi_label"] else SINGLE_LABEL}
        logits = partial(text_logits, model)
        return head._replace(kind=TEXTS, names=list(pipe.labels), logits=logits, settings=settings)
    if isinstance(pipe, BertfamQA):
        if model.get_ref("tok2vec").name != MODEL_NAME:
            raise UserError(
                f"{pipe.name!r} reads answers from tokens of a shared encoder; expected an encoder of its own, whose "
                "pieces it reads as transformers does: train it with spacy-bertfam.Encoder.v1 in [model.tok2vec]."
            )
        return head._replace(kind=ANSWERS, names=["start", "end"], notes=list(_score_notes(pipe)))
    classes = classes_of(pipe)
    rows = [row for _, row in classes]
    head.arrays.update({name: head.arrays[name][rows] for name in ("output.weight", "output.bias")})
    return head._replace(
        names=[name for name, _ in classes],
        logits=lambda vectors: piece_logits(model, vectors)[:, rows],
        notes=_notes(pipe, pooling),
    )


def _write_classifier(head: Outgoing, checkpoint: Checkpoint, out: Path) -> None:
    import torch

    own: Any = checkpoint.network.config
    config = type(own).from_dict({**own.to_dict(), **head.settings})
    config.id2label = dict(enumerate(head.names))
    config.label2id = {name: i for i, name in config.id2label.items()}
    with quiet_transformers():
        network = auto_class(head.kind).from_config(config)
    names = head_names(network, head.kind)
    left = network.base_model.load_state_dict(checkpoint.network.state_dict(), strict=False)
    prefix = network.base_model_prefix
    lacking = [name for name in left.missing_keys if f"{prefix}.{name}" not in names.values()]
    if lacking:
        raise CheckpointError(f"{type(network).__name__} has weights that this encoder lacks: {lacking[:3]}.")
    _require_same_layers(network, names, head)
    state = {name: torch.from_numpy(head.arrays[ours]) for ours, name in names.items()}
    network.load_state_dict({**network.state_dict(), **state})
    probe = read_probe(checkpoint)
    require_same(type(network).__name__, head.logits(probe.vectors), logits_of(network, probe))
    save_network(network, out)
    write_files(out, checkpoint.tokenizer_files)


def _require_same_layers(network: Any, names: Mapping[str, str], head: Outgoing) -> None:
    """RAISES (CheckpointError): when one side has a layer that the other lacks: none is left out or made up."""
    state, arrays = network.state_dict(), dict(head.arrays)
    if "output.bias" not in names and not arrays["output.bias"].any():
        del arrays["output.bias"]
    theirs = {(name, tuple(state[there].shape)) for name, there in names.items()}
    ours = {(name, array.shape) for name, array in arrays.items()}
    wrong = sorted({names.get(name, name) for name, _ in theirs ^ ours})
    if head.eps is not None and not wrong and head.eps != network.config.norm_eps:
        wrong = [f"norm_eps {network.config.norm_eps} and {head.eps}"]
    if wrong:
        raise CheckpointError(
            f"{type(network).__name__} and this pipeline's head differ ({', '.join(wrong)}); expected the same layers. "
            f"Export with --encoder-only, or train with the head that this architecture has: {HEADS[head.kind]}"
        )


def _notes(ner: BertfamNER, pooling: str) -> list[str]:
    notes = []
    if pooling != "first":
        notes.append(f"The encoder pools by {pooling!r}; transformers reads a word's first piece.")
    if ner.model.attrs["head_transitions"](ner.model) is not None:
        notes.append("The learned transitions between tags have no place in a transformers checkpoint.")
    return [*notes, *_score_notes(ner)]


def _score_notes(pipe: BertfamNER | BertfamQA) -> Iterator[str]:
    if pipe.temperature != 1:
        yield f"The temperature {pipe.temperature:.2f}, at which scores are calibrated: transformers knows none."
    if pipe.min_score:
        yield f"The bound min_score, {pipe.min_score}: transformers leaves nothing out."
