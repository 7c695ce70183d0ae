"""The two pipelines: names, order and listeners of the real packages over a tiny encoder, trained a little."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.lookups import Lookups
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

from . import curated
from .gold import examples

GENERATIONS = ("transformer", "curated_transformer")
ENCODERS = {"fr": "camembert", "en": "roberta"}
NAMES = {"fr": "fr_dep_news_trf", "en": "en_core_web_trf"}
MAX_POSITIONS = 256
N_STEPS = 25
READY = ("curated_transformer", "attribute_ruler", "lemmatizer")
WIDTH = 32


def make_pipeline(lang: str, generation: str, make_encoder: Callable[..., Path], folder: Path) -> Language:
    """
    lang (str): "fr" or "en".
    generation (str): the factory of the encoder, "transformer" or "curated_transformer".
    make_encoder (Callable): `make_tiny_encoder`.
    folder (Path): where to write that encoder; nothing of it is needed later.
    """
    fix_random_seed(0)
    nlp = spacy.blank(lang)
    kind = ENCODERS[lang]
    make_encoder(kind, folder, max_positions=MAX_POSITIONS, dropout=0.1)
    if kind == "camembert":  # without it spacy-transformers does not open the tokenizer
        (folder / "sentencepiece.bpe.model").write_bytes(curated.as_sentencepiece(kind, folder))
    add_encoder(nlp, kind, generation, folder)
    for name, add in HEADS[lang]:
        add(nlp, name, listener(generation))
    gold = examples(nlp)
    # a curated encoder has its weights, and the tables of rules have theirs
    ready = [name for name, _ in nlp.pipeline if nlp.get_pipe_meta(name).factory in READY]
    with nlp.select_pipes(disable=ready):
        nlp.initialize(lambda: gold)
    nlp._link_components()
    train_heads(nlp, gold)
    nlp.meta.update(name=NAMES[lang].removeprefix(f"{lang}_"), version="3.8.0", license="MIT")
    nlp.meta["requirements"] = [REQUIREMENTS[generation]]
    return nlp


def train_heads(nlp: Language, gold: list[Example]) -> None:
    """Over the encoder as it is; what they find differs from word to word then."""
    optimizer = Adam(0.01)
    for _ in range(N_STEPS):
        for eg in gold:
            eg.predicted = nlp.make_doc(eg.reference.text)
        pipe = nlp.get_pipe("transformer")
        if nlp.get_pipe_meta("transformer").factory == "curated_transformer":
            curated.feed_listeners(pipe, [eg.predicted for eg in gold])
        nlp.update(gold, sgd=optimizer, exclude=["transformer"], annotates=["transformer"])


REQUIREMENTS = {
    "transformer": "spacy-transformers>=1.2.2,<1.5.0",
    "curated_transformer": "spacy-curated-transformers>=0.2.2,<1.0.0",
}


def add_encoder(nlp: Language, kind: str, generation: str, folder: Path) -> None:
    """Add the component `transformer`."""
    if generation == "curated_transformer":
        curated.add_encoder(nlp, kind, folder)
        return
    model = {
        "@architectures": "spacy-transformers.TransformerModel.v3",
        "name": str(folder),
        "tokenizer_config": {"use_fast": True},
        "transformer_config": {},
        "mixed_precision": False,
        "grad_scaler_config": {},
        "get_spans": {"@span_getters": "spacy-transformers.strided_spans.v1", "window": 128, "stride": 96},
    }
    nlp.add_pipe("transformer", name="transformer", config={"model": model, "max_batch_items": 4096})


def listener(generation: str, pooling: str = "reduce_mean.v1") -> dict[str, Any]:
    """RETURNS (dict): the [model.tok2vec] block of the packages' heads."""
    block = {"grad_factor": 1.0, "upstream": "transformer", "pooling": {"@layers": pooling}}
    if generation == "transformer":
        return {"@architectures": "spacy-transformers.TransformerListener.v1", **block}
    return {
        "@architectures": "spacy-curated-transformers.LastTransformerLayerListener.v1",
        "width": WIDTH,
        **block,
    }


def _add_tagger(nlp: Language, name: str, tok2vec: dict[str, Any]) -> None:
    factory = {"lemmatizer": "trainable_lemmatizer"}.get(name, name)
    config: dict[str, Any] = {"model": {"@architectures": "spacy.Tagger.v2", "nO": None, "tok2vec": tok2vec}}
    if name == "lemmatizer":
        config |= {"backoff": "orth", "min_tree_freq": 1, "top_k": 1}
    nlp.add_pipe(factory, name=name, config=config)


def _add_parser(nlp: Language, name: str, tok2vec: dict[str, Any]) -> None:
    model = {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": name,
        "extra_state_tokens": False,
        "hidden_width": 16,
        "maxout_pieces": 2,
        "use_upper": False,
        "nO": None,
        "tok2vec": tok2vec,
    }
    # few labels of few sentences: none is too rare
    config = {"model": model, "min_action_freq": 1} if name == "parser" else {"model": model}
    nlp.add_pipe(name, name=name, config=config)


def _add_ruler(nlp: Language, name: str, tok2vec: dict[str, Any]) -> None:
    ruler = nlp.add_pipe("attribute_ruler", name=name)
    if nlp.lang == "en":  # the English package has its parts of speech from the tags
        for tag, pos in (("NN", "NOUN"), ("NNP", "PROPN"), ("IN", "ADP"), (".", "PUNCT")):
            ruler.add([[{"TAG": tag}]], {"POS": pos})
    else:
        ruler.add([[{"ORTH": "."}]], {"POS": "PUNCT"})


def _add_lookup_lemmatizer(nlp: Language, name: str, tok2vec: dict[str, Any]) -> None:
    lookups = Lookups()
    lookups.add_table("lemma_lookup", {"works": "work", "left": "leave", "cities": "city", "hired": "hire"})
    pipe = nlp.add_pipe("lemmatizer", name=name, config={"mode": "lookup"})
    pipe.lookups = lookups
    pipe._validated = True


HEADS = {
    "fr": (
        ("morphologizer", _add_tagger),
        ("parser", _add_parser),
        ("attribute_ruler", _add_ruler),
        ("lemmatizer", _add_tagger),
    ),
    "en": (
        ("tagger", _add_tagger),
        ("parser", _add_parser),
        ("attribute_ruler", _add_ruler),
        ("lemmatizer", _add_lookup_lemmatizer),
        ("ner", _add_parser),
    ),
}
