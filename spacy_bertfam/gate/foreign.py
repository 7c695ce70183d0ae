"""What is not a checkpoint of `transformers`: each kind by the files it has, with the way that does exist."""

from collections.abc import Collection
from fnmatch import fnmatch

SPAN_MARKER = (
    "is a SpanMarker model, which has a head of its own; expected a token classifier or an encoder: "
    "it runs in spaCy as the component `span_marker` of the package span_marker."
)
FLAIR = (
    "has no config.json but a pickle of another library, as Flair's taggers have (an LSTM-CRF); "
    "expected a checkpoint of transformers: open it with Flair itself (`flair.models.SequenceTagger.load`), or "
    "take a token classifier of transformers for your language, or train one on the same corpus (`bertfam convert`)."
)
CONVERT = (
    "expected model.safetensors: convert them with transformers 4 by "
    "`AutoModelForTokenClassification.from_pretrained(NAME, from_{}=True).save_pretrained(FOLDER)`."
)
TAKE_ORIGINAL = "expected model.safetensors: take the original checkpoint from which it was made."
GRAPH_ONLY = f"has only an exported graph (ONNX), which cannot be trained; {TAKE_ORIGINAL}"

# Patterns of the files that tell a kind (all of them) -> a sentence that goes on from its name
Kinds = dict[tuple[str, ...], str]
# Told by their own files, whatever else there is
ALWAYS: Kinds = {
    ("adapter_config.json",): (
        "is an adapter (adapter_config.json) that needs another model; expected whole weights: merge it in peft with "
        "`AutoPeftModel.from_pretrained(...).merge_and_unload().save_pretrained(FOLDER)` and give that folder."
    ),
    ("gliner_config.json",): (
        "is a GLiNER model, which takes the labels as input; expected a token classifier or an encoder: "
        "it runs in spaCy through the package gliner-spacy."
    ),
    ("meta.json", "config.cfg"): (
        "is a spaCy pipeline (meta.json, config.cfg); expected a checkpoint of transformers: open it with "
        "`spacy.load`, take its components over with `source` in a config, or give the folder in it that has "
        "config.json."
    ),
}
# Without weights that transformers reads as safetensors
NO_WEIGHTS: Kinds = {
    ("tf_model.h5",): f"has only weights of TensorFlow (tf_model.h5); {CONVERT.format('tf')}",
    ("flax_model.msgpack",): f"has only weights of Flax (flax_model.msgpack); {CONVERT.format('flax')}",
    ("*.gguf",): f"has weights for llama.cpp (GGUF); {TAKE_ORIGINAL}",
    ("*.onnx",): GRAPH_ONLY,
    ("onnx/",): GRAPH_ONLY,
}
PICKLES: Kinds = dict.fromkeys([("pytorch_model.bin",), ("*.pt",), ("*.pkl",), ("*.pickle",)], FLAIR)


def describe_foreign(names: Collection[str]) -> str | None:
    """Describe a model that is none of `transformers`.

    names (Collection[str]): the files of a folder, or of a repository on the hub before it is fetched;
        names of folders end in "/".
    RETURNS (str | None): a sentence without its subject; None where it may be one.
    """
    return _kind(names, ALWAYS if "config.json" in names else {**ALWAYS, **NO_WEIGHTS, **PICKLES})


def describe_weights(names: Collection[str]) -> str:
    """RETURNS (str): the same on a folder with ``config.json`` that has no safetensors and no pickles."""
    others = sorted(name for name in names if name.endswith(".safetensors"))
    found = f"weights under another name ({others[0]})" if others else "no weights"
    missing = f"has {found}; expected model.safetensors, or its parts with model.safetensors.index.json."
    return _kind(names, NO_WEIGHTS) or missing


def _kind(names: Collection[str], kinds: Kinds) -> str | None:
    for patterns, sentence in kinds.items():
        if all(any(fnmatch(name, pattern) for name in names) for pattern in patterns):
            return sentence
    return None
