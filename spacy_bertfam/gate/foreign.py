"""What is not a checkpoint of `transformers`: each kind by the files it has, with the way that does exist."""

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Collection, Optional, Tuple


@dataclass(frozen=True)
class Foreign:
    """A kind of model: the files that tell it (all of them), and a sentence that goes on from its name."""

    files: Tuple[str, ...]
    sentence: str

    def matches(self, names: Collection[str]) -> bool:
        """Whether each of its patterns has a file."""
        return all(any(fnmatch(name, pattern) for name in names) for pattern in self.files)


TAKE_ORIGINAL = "take the original checkpoint from which it was made."
SPAN_MARKER = (
    "is a SpanMarker model, which has a head of its own; expected a token classifier or an encoder: "
    "it runs in spaCy as the component `span_marker` of the package span_marker."
)
# Told by their own files, whatever else there is
ALWAYS = (
    Foreign(
        ("adapter_config.json",),
        "is an adapter (adapter_config.json) that needs another model; expected whole weights: merge it in peft with "
        "`AutoPeftModel.from_pretrained(...).merge_and_unload().save_pretrained(FOLDER)` and give that folder.",
    ),
    Foreign(
        ("gliner_config.json",),
        "is a GLiNER model, which takes the labels as input; expected a token classifier or an encoder: "
        "it runs in spaCy through the package gliner-spacy.",
    ),
    Foreign(
        ("meta.json", "config.cfg"),
        "is a spaCy pipeline (meta.json, config.cfg); expected a checkpoint of transformers: open it with "
        "`spacy.load`, take its components over with `source` in a config, or give the folder in it that has "
        "config.json.",
    ),
)
# Without weights that transformers reads as safetensors
NO_WEIGHTS = (
    Foreign(
        ("tf_model.h5",),
        "has only weights of TensorFlow (tf_model.h5); expected model.safetensors: convert them with transformers 4 "
        "by `AutoModelForTokenClassification.from_pretrained(NAME, from_tf=True).save_pretrained(FOLDER)`.",
    ),
    Foreign(
        ("flax_model.msgpack",),
        "has only weights of Flax (flax_model.msgpack); expected model.safetensors: convert them with transformers 4 "
        "by `AutoModelForTokenClassification.from_pretrained(NAME, from_flax=True).save_pretrained(FOLDER)`.",
    ),
    Foreign(("*.gguf",), f"has weights for llama.cpp (GGUF); expected model.safetensors: {TAKE_ORIGINAL}"),
    Foreign(
        ("*.onnx",),
        f"has only an exported graph (ONNX), which cannot be trained; expected model.safetensors: {TAKE_ORIGINAL}",
    ),
    Foreign(
        ("onnx/",),
        f"has only an exported graph (ONNX), which cannot be trained; expected model.safetensors: {TAKE_ORIGINAL}",
    ),
)
FLAIR = (
    "has no config.json but a pickle of another library, as Flair's taggers have (an LSTM-CRF); "
    "expected a checkpoint of transformers: open it with Flair itself (`flair.models.SequenceTagger.load`), or "
    "take a token classifier of transformers for your language, or train one on the same corpus (`bertfam convert`)."
)
NO_CONFIG = (
    *NO_WEIGHTS,
    *(Foreign((name,), FLAIR) for name in ("pytorch_model.bin", "*.pt", "*.pkl", "*.pickle")),
)


def describe_foreign(names: Collection[str]) -> Optional[str]:
    """A sentence without its subject on a model that is none of `transformers`; None where it may be one.

    names (Collection[str]): the files of a folder, or of a repository on the hub before it is fetched;
        names of folders end in "/".
    """
    kinds = ALWAYS if "config.json" in names else (*ALWAYS, *NO_CONFIG)
    return next((kind.sentence for kind in kinds if kind.matches(names)), None)


def describe_weights(names: Collection[str]) -> str:
    """The same on a folder with ``config.json`` that has no safetensors and no pickles."""
    others = sorted(name for name in names if name.endswith(".safetensors"))
    for kind in NO_WEIGHTS:
        if kind.matches(names):
            return kind.sentence
    found = f"weights under another name ({others[0]})" if others else "no weights"
    return f"has {found}; expected model.safetensors, or its parts with model.safetensors.index.json."
