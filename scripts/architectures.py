"""Every classifier of the installed transformers, tiny and random: read here, is it equal to 1e-5, or refused in one
sentence? `python scripts/architectures.py` prints the table of docs/architectures.md.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import torch

TASKS = {
    "tokens": ("TOKEN_CLASSIFICATION", "AutoModelForTokenClassification"),
    "texts": ("SEQUENCE_CLASSIFICATION", "AutoModelForSequenceClassification"),
    "answers": ("QUESTION_ANSWERING", "AutoModelForQuestionAnswering"),
}
WORDS = ["marie", "va", "vers", "rouen", "avec", "paul", "et", "un", "chat", "noir", "hier", ".", "qui"]
QUESTION = ["qui", "va"]
TEXTS = ["marie va vers rouen avec paul et un chat noir hier .", "paul va vers un chat ."]
TAGS = ["B-PER", "I-PER", "O", "B-LOC", "I-LOC"]
TOLERANCE = 1e-5
SECONDS = 60  # of processor time, for one class
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MOST_NUMBERS = 5_000_000
WIDTH, HEADS, LAYERS, PIECES = 32, 4, 2, 128
# Of a network with small sizes, under all the names that architectures have for them
SIZES = {
    **dict.fromkeys(
        ("hidden_size", "d_model", "n_embd", "dim", "emb_dim", "d_embed", "word_embed_proj_dim"), WIDTH
    ),
    **dict.fromkeys(("embedding_size", "rotary_dim", "attention_head_size", "input_embedding_size"), WIDTH),
    **dict.fromkeys(("true_hidden_size", "intra_bottleneck_size", "hidden_act_size"), WIDTH),
    **dict.fromkeys(
        ("intermediate_size", "d_ff", "ffn_dim", "n_inner", "hidden_dim", "d_inner", "dff"), 2 * WIDTH
    ),
    **dict.fromkeys(
        ("encoder_ffn_dim", "decoder_ffn_dim", "ffn_hidden_size", "moe_intermediate_size"), 2 * WIDTH
    ),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers"), LAYERS),
    **dict.fromkeys(("decoder_layers", "num_decoder_layers"), LAYERS),
    **dict.fromkeys(
        ("num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_attention_heads"), HEADS
    ),
    **dict.fromkeys(("decoder_attention_heads", "num_key_value_heads", "num_kv_heads"), HEADS),
    **dict.fromkeys(
        ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_source_positions"), PIECES
    ),
    **dict.fromkeys(
        ("head_dim", "d_kv", "d_head", "kv_channels", "v_head_dim", "qk_nope_head_dim"), WIDTH // HEADS
    ),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"), 2),
    **dict.fromkeys(("num_experts_per_tok", "num_selected_experts"), 1),
    **dict.fromkeys(("q_lora_rank", "kv_lora_rank"), WIDTH // 2),
    "qk_rope_head_dim": WIDTH // HEADS,
    "pooler_hidden_size": WIDTH,
    "vocab_size": len(SPECIAL) + len(WORDS),
    "entity_vocab_size": 8,
    "num_feedforward_networks": 1,
    "embedding_dropout": 0.0,
    "initializer_range": 0.15,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 3,
    "cls_token_id": 2,
    "sep_token_id": 3,
}
# What single architectures ask for beside that
OWN: dict[str, dict[str, Any]] = {
    "deberta": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_buckets": 16},
    "funnel": {"block_sizes": [1, 1], "block_repeats": [1, 1], "num_decoder_layers": 1, "d_head": 8},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "layoutlmv3": {"visual_embed": False, "coordinate_size": 4, "shape_size": 8},
    "lilt": {"hidden_size": 48},
    "modernbert": {"classifier_pooling": "cls"},
    "phi": {"partial_rotary_factor": 0.5},
    "reformer": {"axial_pos_shape": [8, 16], "axial_pos_embds_dim": [16, 16], "attn_layers": ["local", "local"]},
    "squeezebert": {"q_groups": 1, "k_groups": 1, "v_groups": 1, "post_attention_groups": 1, "intermediate_groups": 1,
                    "output_groups": 1},
    "xlm": {"n_langs": 1, "use_lang_emb": False},
    "xmod": {"languages": ["en_XX"], "default_language": "en_XX"},
}  # fmt: skip


class Row(NamedTuple):
    """What became of one class."""

    model_type: str
    task: str
    architecture: str
    kind: str  # "equal", "refused", "not made" (by transformers itself), or, if something is wrong, "different", "raw"
    note: str = ""


class TooLong(Exception):
    """A class that is not done within SECONDS."""


def classes(tasks: Iterable[str], only: Iterable[str] = ()) -> Iterator[tuple[str, str, str]]:
    """YIELDS (tuple[str, str, str]): task, model type and name of each class that the installed transformers has."""
    from transformers.models.auto import modeling_auto

    chosen = set(only)
    for task in tasks:
        mapping = getattr(modeling_auto, f"MODEL_FOR_{TASKS[task][0]}_MAPPING_NAMES")
        for model_type, names in sorted(mapping.items()):
            if not chosen or model_type in chosen:
                yield task, model_type, names[0] if isinstance(names, (tuple, list)) else names


def check(task: str, model_type: str, architecture: str, **settings: Any) -> Row:
    """Make a class, read it, compare, write it back; ``settings`` are more of config.json."""
    from spacy_bertfam.errors import UserError

    def row(kind: str, note: object = "") -> Row:
        text = " ".join(str(note).split()).replace(architecture, "this class")
        return Row(model_type, task, architecture, kind, text)

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "it"
        try:
            make(task, model_type, folder, **settings)
        except TooLong:
            raise
        except Exception as error:  # whatever an architecture asks for that no sizes tell
            return row("not made", f"{type(error).__name__}: {error}")
        try:
            return row(*compare(task, folder))
        except UserError as error:
            return row("refused", str(error).replace(f"{temporary}/", ""))
        except TooLong:
            raise
        except Exception as error:  # what this command is there to find
            return row("raw", f"{type(error).__name__}: {error}")


def make(task: str, model_type: str, folder: Path, **settings: Any) -> None:
    """Write a tiny network of random weights with a tokenizer of whole words."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    config = transformers.CONFIG_MAPPING[model_type]()
    make_small(config, {**SIZES, **OWN.get(model_type, {}), **settings})
    config = type(config).from_dict(config.to_dict())  # what is derived from the sizes is derived again
    labels = TAGS[: {"tokens": 5, "texts": 3, "answers": 2}[task]]
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: i for i, label in enumerate(labels)}
    build = getattr(transformers, TASKS[task][1]).from_config
    with torch.device("meta"):  # takes no memory
        n_numbers = sum(weight.numel() for weight in build(config).parameters())
    if n_numbers > MOST_NUMBERS:
        raise ValueError("its sizes have names that are not known here: it would be a large network")
    torch.manual_seed(0)
    network = build(config).float()
    network.save_pretrained(folder)
    vocabulary = {piece: i for i, piece in enumerate([*SPECIAL, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))


def make_small(config: Any, sizes: dict[str, Any]) -> None:
    """Set the sizes that a config has, also within those of its parts."""
    for part in vars(config).values():
        if hasattr(part, "to_diff_dict"):
            make_small(part, sizes)
    for name, value in sizes.items():
        if hasattr(config, name) and not isinstance(getattr(type(config), name, None), property):
            setattr(config, name, value)


def compare(task: str, folder: Path) -> tuple[str, str]:
    """RETURNS (tuple[str, str]): kind and note of the row. RAISES (UserError): where the folder is refused."""
    from spacy_bertfam.errors import UserError
    from spacy_bertfam.hub.export_hf import export_hf
    from spacy_bertfam.hub.import_hf import import_hf
    from spacy_bertfam.pipeline.find import encoders_of

    nlp = import_hf(str(folder))
    encoder = encoders_of(nlp)[0].shim.loaded
    n_segments = encoder.n_segments if task == "answers" else 1
    expected = [theirs(task, folder, text, n_segments) for text in TEXTS]
    found = [READ[task](nlp, doc) for doc in nlp.pipe(TEXTS)]
    difference = max(float(np.abs(ours - there).max()) for ours, there in zip(found, expected, strict=True))
    if difference > TOLERANCE:
        return "different", f"by {difference:.1e}"
    note = "unpadded" if encoder.reads_padding else ""
    try:
        export_hf(nlp, folder.parent / "back")
    except UserError as error:
        return "equal", f"{note}; not written back: {error}".removeprefix("; ")
    again = [theirs(task, folder.parent / "back", text, n_segments) for text in TEXTS]
    if not all(map(np.array_equal, expected, again)):
        return "different", "after a round trip"
    return "equal", note


def theirs(task: str, folder: Path, text: str, n_segments: int) -> np.ndarray[Any, Any]:
    """RETURNS (ndarray): of a text alone, as transformers reads it: a row of logits for each token, the chances of
    labels, or start and end for no answer and for each token."""
    import transformers

    from spacy_bertfam.encoder.runtimes.torch_runtime import read_pieces

    network = getattr(transformers, TASKS[task][1]).from_pretrained(folder).eval()
    first, second = (
        [len(SPECIAL) + WORDS.index(word) for word in words] for words in (QUESTION, text.split())
    )
    pieces = [2, *first, 3, *second, 3] if task == "answers" else [2, *second, 3]
    n_before = len(pieces) - len(second) - 1
    ids = torch.tensor([pieces])
    types = (torch.arange(len(pieces)) >= n_before).long()[None]
    with torch.no_grad():
        output = read_pieces(network, ids, torch.ones_like(ids), types if n_segments > 1 else None)
    if task == "texts":
        return output.logits[0].softmax(-1).float().numpy()
    if task == "tokens":
        return output.logits[0, 1:-1].float().numpy()
    ends = torch.stack([output.start_logits[0], output.end_logits[0]], dim=-1)
    return ends[[0, *range(n_before, len(pieces) - 1)]].float().numpy()


def tags_of(nlp: Any, doc: Any) -> np.ndarray[Any, Any]:
    """RETURNS (ndarray): a row of logits for each token, in the order of TAGS."""
    ner = nlp.get_pipe("ner")
    return ner.model.predict([doc])[0][:, [ner.tag_set.tag_to_id[tag] for tag in TAGS]]


def categories_of(nlp: Any, doc: Any) -> np.ndarray[Any, Any]:
    """RETURNS (ndarray): the chance of each label."""
    return np.array(list(doc.cats.values()))


def answers_of(nlp: Any, doc: Any) -> np.ndarray[Any, Any]:
    """RETURNS (ndarray): start and end, for no answer and for each token."""
    from spacy_bertfam.data.pairs import make_pair

    pair = make_pair(nlp.make_doc(" ".join(QUESTION)), nlp.make_doc(doc.text), nlp.vocab)
    other = make_pair(nlp.make_doc("qui"), nlp.make_doc("paul"), nlp.vocab)
    return nlp.get_pipe("qa").model.predict([pair, other])[0]


READ = {"tokens": tags_of, "texts": categories_of, "answers": answers_of}


def within_time(task: str, model_type: str, architecture: str) -> Row:
    """RETURNS (Row): of one class, which has SECONDS."""

    def stop(*_: Any) -> None:
        raise TooLong

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return check(task, model_type, architecture)
    except TooLong:
        return Row(
            model_type, task, architecture, "not made", f"not done within {SECONDS} seconds of processor time"
        )
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def table(rows: list[Row]) -> str:
    """RETURNS (str): Markdown: a row for each model type, a column for each task, and the reasons below."""
    reasons: dict[str, int] = {}
    cells: dict[str, dict[str, str]] = {}
    for row in rows:
        note = row.note
        if row.kind != "equal" or "not written" in note:
            number = reasons.setdefault(
                f"{row.kind}: {note}" if row.kind != "equal" else note, len(reasons) + 1
            )
            note = f"({number})"
        cells.setdefault(row.model_type, {})[row.task] = f"{row.kind} {note}".strip()
    tasks = [task for task in TASKS if any(row.task == task for row in rows)]
    lines = [f"| model type | {' | '.join(tasks)} |", f"|---|{'---|' * len(tasks)}"]
    lines += [
        f"| {name} | {' | '.join(found.get(task, '') for task in tasks)} |"
        for name, found in sorted(cells.items())
    ]
    return "\n".join([*lines, "", *(f"{number}. {reason}" for reason, number in reasons.items())])


def main(arguments: list[str] | None = None) -> int:
    """RETURNS (int): 1 where a class is read in another way, or fails without a sentence."""
    import transformers

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", action="append", choices=list(TASKS), help="all of them without one")
    parser.add_argument("--only", nargs="*", default=(), metavar="MODEL_TYPE")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    rows = []
    for found in classes(options.task or TASKS, options.only):
        rows.append(within_time(*found))
        print(*rows[-1][1:], sep="\t", file=sys.stderr, flush=True)
    counts = {kind: sum(row.kind == kind for row in rows) for kind in ("equal", "refused", "not made")}
    print(
        f"transformers {transformers.__version__}: "
        + ", ".join(f"{n} {kind}" for kind, n in counts.items())
        + ".\n"
    )
    print(table(rows))
    return int(any(row.kind in ("different", "raw") for row in rows))


if __name__ == "__main__":
    sys.exit(main())
