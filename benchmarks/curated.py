"""spacy-curated-transformers on the same encoder, with spaCy's transition-based NER."""

import base64
import json
from pathlib import Path
from typing import Any

import spacy

from benchmarks.system import System, teach_head, transition_ner

PREFIX = "spacy-curated-transformers"
ARCHITECTURES = {"bert": "BertTransformer.v1", "xlm-roberta": "XlmrTransformer.v1"}
SAME_NAMES = (
    "vocab_size", "num_attention_heads", "num_hidden_layers", "max_position_embeddings", "type_vocab_size",
    "layer_norm_eps", "hidden_act",
)  # fmt: skip
LISTENER = {
    "@architectures": f"{PREFIX}.LastTransformerLayerListener.v1",
    "grad_factor": 0.0,
    "pooling": {"@layers": "reduce_mean.v1"},
    "upstream": "*",
}
# XLM-R's rows of a vocabulary that no SentencePiece model has: <s>, <pad>, </s>, <unk>
N_SPECIAL = 4
CONTROL, UNKNOWN, NORMAL = 3, 2, 1  # SentencePiece's kinds of pieces


def curated_system(work: Path, lang: str) -> System:
    """The package as its releases for spaCy are configured: the classifier's encoder as it is, and a head that has
    learned for a few steps.

    RAISES (ValueError): when the package has no architecture, or no tokenizer, for it.
    """
    classifier = work / "classifier"
    config = json.loads((classifier / "config.json").read_text(encoding="utf8"))
    pieces = json.loads((classifier / "tokenizer.json").read_text(encoding="utf8"))
    nlp = spacy.blank(lang)
    transformer: Any = nlp.add_pipe(
        "curated_transformer", name="transformer", config={"model": model_config(config, pieces)}
    )
    _load_weights(transformer.model, classifier)
    _load_pieces(transformer.model, pieces)
    nlp.add_pipe("ner", config=transition_ner({**LISTENER, "width": config["hidden_size"]}))
    nlp.batch_size = 64
    teach_head(nlp, work / "gold.spacy")
    return lambda texts: list(nlp.pipe(texts))


def model_config(config: dict[str, Any], pieces: dict[str, Any]) -> dict[str, Any]:
    """RETURNS (dict): the block ``[model]`` for a Hugging Face config and a ``tokenizer.json``."""
    kind, algorithm = config["model_type"], pieces["model"]["type"]
    encoders = {"WordPiece": "BertWordpieceEncoder.v1", "Unigram": "XlmrSentencepieceEncoder.v1"}
    if kind not in ARCHITECTURES or algorithm not in encoders:
        raise ValueError(
            f"the encoder is {kind} with {algorithm} pieces; expected one of {', '.join(ARCHITECTURES)} with "
            f"{' or '.join(encoders)}."
        )
    return {
        "@architectures": f"{PREFIX}.{ARCHITECTURES[kind]}",
        **{name: config[name] for name in SAME_NAMES},
        "hidden_width": config["hidden_size"],
        "intermediate_width": config["intermediate_size"],
        "padding_idx": config["pad_token_id"],
        "model_max_length": config["max_position_embeddings"] - (2 if kind == "xlm-roberta" else 0),
        "piece_encoder": {"@architectures": f"{PREFIX}.{encoders[algorithm]}"},
        # as spaCy's own packages have it
        "with_spans": {"@architectures": f"{PREFIX}.WithStridedSpans.v1", "window": 144, "stride": 104},
    }


def sentencepiece_model(pieces: dict[str, Any]) -> bytes:
    """RETURNS (bytes): a SentencePiece model with the pieces of a unigram ``tokenizer.json`` of XLM-R's kind."""
    from sentencepiece import sentencepiece_model_pb2

    rows = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)]
    rows += [(text, score, NORMAL) for text, score in pieces["model"]["vocab"][N_SPECIAL:-1]]
    model = sentencepiece_model_pb2.ModelProto()
    for text, score, kind in rows:
        model.pieces.add(piece=text, score=score, type=kind)
    for step in (pieces["normalizer"] or {}).get("normalizers", [pieces["normalizer"]]):
        if step and step["type"] == "Precompiled":
            model.normalizer_spec.precompiled_charsmap = base64.b64decode(step["precompiled_charsmap"])
    return model.SerializeToString()


def _load_weights(model: Any, classifier: Path) -> None:
    from curated_transformers.models.hf_util import convert_pretrained_model_for_encoder
    from safetensors.torch import load_file

    network = model.get_ref("transformer").shims[0]._model
    weights = {
        name.partition(".")[2] if name.startswith(("bert.", "roberta.")) else name: tensor
        for name, tensor in load_file(classifier / "model.safetensors").items()
        if not name.startswith("classifier.")
    }
    network.load_state_dict(convert_pretrained_model_for_encoder(network, weights))


def _load_pieces(model: Any, pieces: dict[str, Any]) -> None:
    from curated_tokenizers import SentencePieceProcessor, WordPieceProcessor

    encoder = model.get_ref("piece_encoder")
    if pieces["model"]["type"] == "WordPiece":
        vocabulary = pieces["model"]["vocab"]
        encoder.attrs["wordpiece_processor"] = WordPieceProcessor(sorted(vocabulary, key=vocabulary.get))
        is_lower = bool((pieces["normalizer"] or {}).get("lowercase"))
        encoder.attrs["lowercase"] = encoder.attrs["strip_accents"] = is_lower
    else:
        processor = SentencePieceProcessor.from_protobuf(sentencepiece_model(pieces))
        encoder.get_ref("encoder").attrs["sentencepiece_processor"] = processor
