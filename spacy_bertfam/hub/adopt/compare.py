"""What two pipelines make of the same texts: vectors of tokens, and every annotation of the heads."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc, Token
from thinc.api import Model
from wasabi.tables import table

from ...encoder.model import encoder_shim
from ...encoder.pieces.batch import PieceBatch
from ...types import Tok2VecModel

# What is compared token by token, where the old pipeline or the new one sets it: the name that `Doc.has_annotation`
# takes -> its title, and the value
ANNOTATIONS: dict[str, tuple[str, Callable[[Token], Any]]] = {
    "TAG": ("tags", lambda token: token.tag_),
    "POS": ("parts of speech", lambda token: token.pos_),
    "MORPH": ("morphology", lambda token: str(token.morph)),
    "DEP": ("heads and relations", lambda token: (token.head.i, token.dep_)),
    "LEMMA": ("lemmas", lambda token: token.lemma_),
    "ENT_IOB": ("entities, by token", lambda token: (token.ent_iob_, token.ent_type_)),
}


class Reading(NamedTuple):
    """What a pipeline made of the texts."""

    docs: list[Doc]
    vectors: list[NDArray[np.float32]]  # for each Doc, Shape: (n_tokens, width)


@dataclass
class Difference:
    """Two readings side by side."""

    n_texts: int = 0
    n_tokens: int = 0
    n_longer: int = 0  # texts that either encoder reads in several windows
    in_window: float = 0.0  # largest difference of a number in a token vector, texts of one window
    in_longer: float = 0.0  # the same in the others
    # annotation -> tokens at which both are the same, and tokens of the texts that either has annotated
    equal: dict[str, tuple[int, int]] = field(default_factory=dict)
    cats: float = 0.0  # largest difference of a score in doc.cats


def sample_texts(lang: str) -> list[str]:
    """RETURNS (list[str]): spaCy's own example sentences in a language, those in English where it has none."""
    for name in (lang, "en"):
        with suppress(ImportError):
            return list(import_module(f"spacy.lang.{name}.examples").sentences)
    return []


def read(nlp: Language, encoder: str, listener: Model[Any, Any], texts: Sequence[str]) -> Reading:
    """Run a pipeline over texts, and its encoder alone.

    listener (Model): of a head of ``nlp``, which says what vectors the heads get.
    """
    component: Any = nlp.get_pipe(encoder)
    bare = list(component.pipe(nlp.make_doc(text) for text in texts))
    vectors = [listener.ops.to_numpy(rows) for rows in listener.predict(bare)]
    return Reading(list(nlp.pipe(texts)), vectors)


def compare(old: Reading, new: Reading, whole: Sequence[bool]) -> Difference:
    """Count what is equal in two readings of the same texts, and how far their vectors differ.

    whole (Sequence[bool]): for each text, whether both encoders read it in one window.
    """
    found = Difference(n_texts=len(whole), n_longer=len(whole) - sum(whole))
    for is_whole, *vectors in zip(whole, old.vectors, new.vectors, strict=True):
        if is_whole:
            found.in_window = max(found.in_window, _largest_difference(*vectors))
        else:
            found.in_longer = max(found.in_longer, _largest_difference(*vectors))
    for before, after in zip(old.docs, new.docs, strict=True):
        found.n_tokens += len(before)
        for name, (_, value) in ANNOTATIONS.items():
            # of an empty Doc spaCy says that it has every annotation
            if len(before) and (before.has_annotation(name) or after.has_annotation(name)):
                same = sum(value(x) == value(y) for x, y in zip(before, after, strict=True))
                n_equal, n = found.equal.get(name, (0, 0))
                found.equal[name] = (n_equal + same, n + len(before))
        for label, score in before.cats.items():
            found.cats = max(found.cats, abs(score - after.cats.get(label, 0.0)))
    return found


def format_difference(found: Difference) -> str:
    """RETURNS (str): a row for the vectors, and one for each annotation."""
    vectors = {f"{found.n_texts - found.n_longer} texts of one window": found.in_window}
    if found.n_longer:
        vectors[f"{found.n_longer} longer texts"] = found.in_longer
    rows = {"compared on": f"{found.n_texts} texts, {found.n_tokens} tokens"}
    rows |= {f"token vectors, {name}": f"largest difference {far:.1e}" for name, far in vectors.items()}
    for name, (n_equal, n) in found.equal.items():
        rows[ANNOTATIONS[name][0]] = f"{n_equal / max(n, 1):.2%} equal ({n_equal} of {n} tokens)"
    if found.cats:
        rows["scores of doc.cats"] = f"largest difference {found.cats:.1e}"
    return table(rows, max_col=120, spacing=2).strip("\n")


def read_in_one_window(old: Model[Any, Any], new: Tok2VecModel, docs: Sequence[Doc]) -> list[bool]:
    """RETURNS (list[bool]): whether each Doc is one window to both encoders.

    old (Model): the encoder of spacy-transformers or spacy-curated-transformers.
    new (Model): a ``spacy-bertfam.Encoder.v1``.
    """
    shim = encoder_shim(new)
    tokenizer, size = shim.loaded.tokenizer, shim.window_size()
    batches = [PieceBatch.from_docs([doc], tokenizer, size) for doc in docs]
    return [
        len(batch.windows) <= 1 and _is_whole(old, doc, len(batch.ids) + tokenizer.n_special)
        for doc, batch in zip(docs, batches, strict=True)
    ]


def _is_whole(old: Model[Any, Any], doc: Doc, n_pieces: int) -> bool:
    if "get_spans" in old.attrs:  # spacy-transformers counts tokens
        return len(old.attrs["get_spans"]([doc])[0]) <= 1
    limits = [node.attrs["window"] for node in old.walk() if node.name == "with_strided_spans"]
    return all(n_pieces <= limit for limit in limits)


def _largest_difference(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """Of two arrays of vectors; those of a text without tokens may not even agree in width."""
    return float(np.abs(before - after).max(initial=0.0)) if len(before) else 0.0
