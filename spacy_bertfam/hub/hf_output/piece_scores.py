"""Docs to tag probabilities for each word piece: the encoder and the head of a pipeline, without pooling."""

import json
from typing import Any, Dict, List, Optional, Sequence, TypedDict

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from ...encoder.checkpoint.checkpoint import Checkpoint
from ...encoder.model import encoder_shim
from ...errors import UserError
from ...heads.score_vectors import is_on_vectors, score_vectors, softmax
from ...pipeline.find import find_encoder, find_ner
from .piece_vectors import NamedPieces, name_doc_pieces, piece_vectors

# Where a checkpoint's files do not name its unknown piece
UNKNOWN_NAMES = ("[UNK]", "<unk>")


class PieceTable(TypedDict):
    """The pieces of a Doc and their predictions: plain data, which a Doc keeps through ``to_bytes``."""

    words: List[str]  # n_pieces; as the vocabulary has them, an unknown piece as the text has it
    starts: List[int]  # n_pieces; character offsets of the tokenizer: SentencePiece's include a leading space
    ends: List[int]  # n_pieces; exclusive
    indices: List[int]  # n_pieces; the place among all pieces, [CLS] or <s> counted
    continues: List[bool]  # n_pieces; whether `transformers` counts the piece to the word before
    scores: NDArray[np.float32]  # Shape: (n_pieces, n_tags), probabilities
    tags: List[str]  # n_tags
    scheme: str
    decoder: str  # the tokenizer's decoder as JSON; empty where it has none


def piece_predictions(
    nlp: Language, docs: Sequence[Doc], *, component: Optional[str] = None
) -> List[PieceTable]:
    """The probability of each tag at each word piece, as `transformers`' token classifiers give it.

    The network runs for it, whatever has been predicted before; the Docs stay as they are. The head's
    scores are taken as they are: no temperature, no transitions, no constraint by the scheme.

    component (Optional[str]): name of the ``bertfam_ner``; None is the only one of the pipeline.
    Raises a ValueError where there is no such component, or its encoder is not one of this package.
    """
    ner = find_ner(nlp, component)
    encoder = find_encoder(nlp, ner)
    checkpoint = encoder_shim(encoder).loaded
    unknown = unknown_id(checkpoint)
    if not is_on_vectors(ner.model):
        raise UserError(
            f"The head {ner.model.name!r} is not a chain that begins with its tok2vec; expected one, as "
            "spacy-bertfam.TokenClassifier.v1 makes it, to score single word pieces."
        )
    vectors = piece_vectors(encoder, docs)
    scores = score_vectors(ner.model, vectors)
    tables = []
    for doc, logits in zip(docs, scores, strict=True):
        named = name_doc_pieces(checkpoint.tokenizer, doc)
        words = _words(named, doc.text, checkpoint, unknown)
        table: Any = {
            **words,
            "scores": softmax(ner.model.ops.to_numpy(logits)),
            "tags": list(ner.tag_set.tags),
            "scheme": ner.tag_set.scheme,
            "decoder": decoder_state(checkpoint),
        }
        tables.append(table)
    return tables


def unknown_id(checkpoint: Checkpoint) -> int:
    """RETURNS (int): the id of the piece for what the vocabulary cannot spell; -1 where there is none."""
    names: List[str] = []
    for file in ("tokenizer_config.json", "special_tokens_map.json"):
        name = json.loads(checkpoint.tokenizer_files.get(file, b"{}")).get("unk_token")
        names.extend([name["content"]] if isinstance(name, dict) else [name] if name else [])
    ids = (checkpoint.tokenizer.backend.token_to_id(name) for name in (*names, *UNKNOWN_NAMES))
    return next((found for found in ids if found is not None), -1)


def decoder_state(checkpoint: Checkpoint) -> str:
    """RETURNS (str): the tokenizer's decoder as JSON, which `tokenizers` gives out only this way."""
    decoder = checkpoint.tokenizer.backend.decoder
    return decoder.__getstate__().decode("utf8") if decoder is not None else ""


def _words(named: NamedPieces, text: str, checkpoint: Checkpoint, unknown: int) -> Dict[str, Any]:
    """What `transformers` knows of each piece before it looks at the scores."""
    marked = bool(getattr(checkpoint.tokenizer.backend.model, "continuing_subword_prefix", None))
    words, continues = [], []
    for piece, name, (start, end) in zip(named.ids, named.names, named.offsets, strict=True):
        if piece == unknown:
            words.append(text[start:end])
            continues.append(False)
            continue
        words.append(name)
        # A vocabulary with a mark for continuation writes such a piece longer than the text has it.
        # Any other tokenizer: a word begins behind a space, so that punctuation sticks to it.
        begins = start == 0 or " " in text[start - 1 : start + 1]
        continues.append(len(name) != end - start if marked else not begins)
    n_before = len(checkpoint.tokenizer.prefix)
    return {
        "words": words,
        "starts": [start for start, _ in named.offsets],
        "ends": [end for _, end in named.offsets],
        "indices": list(range(n_before, n_before + len(words))),
        "continues": continues,
    }
