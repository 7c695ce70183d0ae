"""Cut the vocabulary of a Hugging Face folder down to some languages: most of a small multilingual encoder is its
table of pieces (96 of the 118 million weights of multilingual-e5-small)."""

import json
from collections.abc import Sequence
from pathlib import Path

from .bert_folder import write_json
from .errors import EncoderError
from .vocabulary import cut, needed_ids

TABLES = (
    "word_embeddings.weight",
    "embed_tokens.weight",
    "lm_head.decoder.weight",
    "lm_head.decoder.bias",
    "lm_head.bias",
)
IDS = ("pad_token_id", "bos_token_id", "eos_token_id")


def cut_folder(folder: Path, languages: Sequence[str]) -> tuple[int, int]:
    """Keep the pieces that texts in these languages are written with, in the tokenizer and in the weights.

    What these texts become is the same as before; other scripts become the unknown piece.
    RETURNS (tuple): how many pieces are kept, and of how many.
    Raises EncoderError where the vocabulary is of another kind (WordPiece, BPE) or the weights are in several files.
    """
    from safetensors.torch import load_file, save_file

    files = sorted(path.name for path in folder.glob("*.safetensors"))
    if not (folder / "tokenizer.json").is_file() or files != ["model.safetensors"]:
        found = ", ".join(files) or "no weights"
        raise EncoderError(f"found {found}; expected tokenizer.json and all weights in model.safetensors")
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf8"))
    ids = needed_ids(tokenizer, languages)
    n_pieces = len(tokenizer["model"]["vocab"])
    if len(ids) == n_pieces:
        return n_pieces, n_pieces
    config = json.loads((folder / "config.json").read_text(encoding="utf8"))
    config["vocab_size"] = len(ids)
    config |= {name: ids.index(config[name]) for name in IDS if config.get(name) in ids}
    weights = load_file(folder / "model.safetensors")
    tables = [name for name in weights if name.endswith(TABLES)]
    if not tables:
        raise EncoderError(f"found no table of pieces among the weights; expected one of {', '.join(TABLES)}")
    weights |= {name: weights[name][ids].contiguous() for name in tables}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", config)
    write_json(folder / "tokenizer.json", cut(tokenizer, ids), indent=None)
    for path in folder.glob("*.model"):  # SentencePiece's own file has all pieces still
        path.unlink()
    return len(ids), n_pieces
