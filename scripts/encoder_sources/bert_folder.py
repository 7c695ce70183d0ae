"""Write a BERT encoder as a plain Hugging Face folder: config, float16 safetensors, tokenizer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .e5s1 import E5S1, Sizes

# name in an E5S1 file -> name in transformers' BertModel
EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
SPECIAL_TOKENS = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "mask_token": "<mask>",
    "pad_token": "<pad>",
    "sep_token": "</s>",
    "unk_token": "<unk>",
}


def write_bert_folder(out: Path, source: E5S1, tokenizer: dict[str, Any], ids: np.ndarray) -> None:
    """Write what `AutoModel` and `AutoTokenizer` open.

    tokenizer (dict): tokenizer.json, its n pieces in the order of `ids`.
    ids (int array): shape (n,), the rows of the word embedding that belong to them.
    """
    from safetensors.numpy import save

    pad_id = next(token["id"] for token in tokenizer["added_tokens"] if token["content"] == "<pad>")
    weights = {name: np.ascontiguousarray(X, np.float16) for name, X in bert_weights(source, ids)}
    # transformers refuses weights that do not say which framework they are for
    (out / "model.safetensors").write_bytes(save(weights, metadata={"format": "pt"}))
    write_json(out / "config.json", bert_config(source.sizes, len(ids), pad_id))
    write_json(out / "tokenizer.json", tokenizer, indent=None)
    write_json(out / "special_tokens_map.json", SPECIAL_TOKENS)
    write_json(
        out / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": source.sizes.positions,
            "clean_up_tokenization_spaces": False,
            **SPECIAL_TOKENS,
        },
    )


def bert_weights(source: E5S1, ids: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Names and float32 arrays of BertModel without its pooler, the word embedding cut to the rows `ids`."""
    hidden, feed_forward = source.sizes.hidden, source.sizes.feed_forward
    for short, name in EMBEDDINGS.items():
        width = None if short.startswith("emb.ln") else hidden
        rows = ids if short == "emb.word" else None
        yield f"embeddings.{name}", source.tensor(short, width=width, rows=rows)
    for i in range(source.sizes.layers):
        for short, name in LAYER.items():
            width = None if short.endswith("ln") else feed_forward if short == "fo" else hidden
            yield f"encoder.layer.{i}.{name}.weight", source.tensor(f"l{i}.{short}.w", width=width)
            yield f"encoder.layer.{i}.{name}.bias", source.tensor(f"l{i}.{short}.b")


def bert_config(sizes: Sizes, n_pieces: int, pad_id: int) -> dict[str, Any]:
    """RETURNS (dict): config.json. Loaded as float32: the halves on disk only save room."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": n_pieces,
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.feed_forward,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.token_types,
        "initializer_range": 0.02,
        "layer_norm_eps": float(f"{sizes.epsilon:.6g}"),  # float32 cannot hold 1e-12 exactly
        "pad_token_id": pad_id,
        "torch_dtype": "float32",
    }


def write_json(path: Path, content: dict[str, Any], *, indent: int | None = 2) -> None:
    """Write UTF-8 with letters as they are; indent None puts all on one line."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=indent) + "\n", encoding="utf8")
