"""The tiny encoders of the tests as `curated_transformer` components."""

import json
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.tokens import Doc
from thinc.api import Model

from .sentencepiece_file import sentencepiece_bytes

ARCHITECTURES = {
    "camembert": ("CamembertTransformer.v1", "CamembertSentencepieceEncoder.v1"),
    "xlm-roberta": ("XlmrTransformer.v1", "XlmrSentencepieceEncoder.v1"),
    "roberta": ("RobertaTransformer.v1", "ByteBpeEncoder.v1"),
    "bert": ("BertTransformer.v1", "BertWordpieceEncoder.v1"),
    "bert-uncased": ("BertTransformer.v1", "BertWordpieceEncoder.v1"),
    "albert": ("AlbertTransformer.v1", "SentencepieceEncoder.v1"),
}
# Where the trained pieces begin in the vocabulary of a tiny tokenizer, and the place of <unk>
FIRST_PIECE = {"camembert": 7, "xlm-roberta": 4}


def model_config(kind: str, folder: Path, *, window: int = 144, stride: int = 104) -> dict[str, Any]:
    """RETURNS (dict): the [model] block with every size of the tiny encoder in `folder`."""
    found = json.loads((folder / "config.json").read_text(encoding="utf8"))
    transformer, pieces = ARCHITECTURES[kind]
    config = {
        "@architectures": f"spacy-curated-transformers.{transformer}",
        "vocab_size": found["vocab_size"],
        "hidden_width": found["hidden_size"],
        "intermediate_width": found["intermediate_size"],
        "num_attention_heads": found["num_attention_heads"],
        "num_hidden_layers": found["num_hidden_layers"],
        "max_position_embeddings": found["max_position_embeddings"],
        "model_max_length": found["max_position_embeddings"] - (2 if found["type_vocab_size"] == 1 else 0),
        "type_vocab_size": found["type_vocab_size"],
        "layer_norm_eps": found["layer_norm_eps"],
        "hidden_act": found["hidden_act"],
        "padding_idx": found["pad_token_id"],
        "piece_encoder": {"@architectures": f"spacy-curated-transformers.{pieces}"},
        "with_spans": {
            "@architectures": "spacy-curated-transformers.WithStridedSpans.v1",
            "window": window,
            "stride": stride,
            "batch_size": 384,
        },
    }
    return config | ({"embedding_width": found["embedding_size"]} if kind == "albert" else {})


def add_encoder(nlp: Language, kind: str, folder: Path, **settings: Any) -> TrainablePipe:
    """RETURNS (TrainablePipe): the component `transformer` with the weights and the pieces of a tiny encoder."""
    config = {"model": model_config(kind, folder, **settings)}
    pipe = nlp.add_pipe("curated_transformer", name="transformer", config=config)
    load_weights(pipe.model, folder)
    load_pieces(pipe.model, kind, folder)
    return pipe


def feed_listeners(pipe: TrainablePipe, docs: list[Doc]) -> None:
    """Hand the vectors to the heads for a step of training; the package's own `update` fails on NumPy 2.4."""
    from spacy_curated_transformers.models.listeners import ListenerStateUtils

    outputs = pipe.predict(docs)
    for listener in pipe.listeners:
        batch_id = ListenerStateUtils.calculate_batch_id(docs)
        ListenerStateUtils.receive(listener, batch_id, outputs, lambda *gradients, **places: [])


def load_weights(model: Model, folder: Path) -> None:
    """Those of `folder`, renamed by the package's own function."""
    from curated_transformers.models.hf_util import convert_hf_pretrained_model_parameters
    from transformers import AutoModel

    network = model.get_ref("transformer").shims[0]._model
    network.load_state_dict(convert_hf_pretrained_model_parameters(AutoModel.from_pretrained(folder)))
    network.eval()


def load_pieces(model: Model, kind: str, folder: Path) -> None:
    """Those of `folder`, in the form of the package's tokenizers."""
    from curated_tokenizers import ByteBPEProcessor, SentencePieceProcessor, WordPieceProcessor

    found = json.loads((folder / "tokenizer.json").read_text(encoding="utf8"))["model"]
    pieces = model.get_ref("piece_encoder")
    if kind == "roberta":
        merges = [tuple(merge.split(" ") if isinstance(merge, str) else merge) for merge in found["merges"]]
        pieces.attrs["byte_bpe_processor"] = ByteBPEProcessor(found["vocab"], merges)
    elif kind.startswith("bert"):
        pieces.attrs["wordpiece_processor"] = WordPieceProcessor(
            sorted(found["vocab"], key=found["vocab"].get)
        )
        pieces.attrs["lowercase"] = pieces.attrs["strip_accents"] = kind.endswith("uncased")
    else:
        attrs = pieces.get_ref("encoder").attrs
        attrs["sentencepiece_processor"] = SentencePieceProcessor.from_protobuf(
            as_sentencepiece(kind, folder)
        )


def as_sentencepiece(kind: str, folder: Path) -> bytes:
    """RETURNS (bytes): the trained pieces of a unigram tokenizer as a SentencePiece model."""
    found = json.loads((folder / "tokenizer.json").read_text(encoding="utf8"))["model"]
    return sentencepiece_bytes(map(tuple, found["vocab"][FIRST_PIECE[kind] : -1]))
