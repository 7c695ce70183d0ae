"""The straightforward way, as slow as it is plain: each text alone through transformers, first-piece logits."""

from typing import Any, List, Tuple

import numpy as np
import torch
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from transformers import AutoTokenizer

from spacy_bertfam.pipeline.words import decode_words
from spacy_bertfam.tags import TagSet
from spacy_bertfam.types import ScoredSpan

Entity = Tuple[int, int, str]


class Reference:
    """A token classifier and its own tokenizer, with the tags of a `bertfam_ner`."""

    def __init__(self, network: Any, tokenizer: Any, tag_set: TagSet) -> None:
        self.network = network.eval()
        self.tokenizer = tokenizer
        self.tag_set = tag_set

    def n_pieces(self, text: str) -> int:
        """RETURNS (int): pieces of the text, special ones not counted."""
        return len(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def scores(self, doc: Doc) -> NDArray[np.float32]:
        """RETURNS (NDArray): Shape: (n_tokens, n_tags); a token without pieces has those of a zero vector."""
        batch = self.tokenizer(doc.text, return_offsets_mapping=True, return_tensors="pt", truncation=False)
        offsets = batch.pop("offset_mapping")[0].tolist()
        with torch.inference_mode():
            logits = self.network(**batch).logits[0]
        rows = [self.network.classifier.bias.detach()] * len(doc)
        for token in reversed(doc):
            first = first_overlap(doc.text, offsets, token.idx, token.idx + len(token))
            if first >= 0:
                rows[token.i] = logits[first]
        return torch.stack(rows).numpy()

    def entities(self, doc: Doc) -> List[ScoredSpan]:
        """RETURNS (List[ScoredSpan]): the best legal path through the scores, read by the package's decoder."""
        return decode_words([doc], [self.scores(doc)], self.tag_set)[0] if len(doc) else []


def first_overlap(text: str, offsets: List[List[int]], start: int, end: int) -> int:
    """RETURNS (int): the first piece with a character of ``text[start:end]`` in it that is no space, or -1."""
    for piece, (low, high) in enumerate(offsets):
        if text[max(low, start) : min(high, end)].strip("\u200b\u200e\u200f\u2060\ufeff \t\n\r\u00a0\u202f"):
            return piece
    return -1


def reference_of(nlp: Language, folder: Any) -> Reference:
    """The reference with the weights of a trained pipeline. folder (Path): the classifier, see ``export``."""
    from transformers import AutoModelForTokenClassification

    network = AutoModelForTokenClassification.from_pretrained(folder)
    return Reference(network, AutoTokenizer.from_pretrained(folder), nlp.get_pipe("ner").tag_set)  # type: ignore[attr-defined]


def compare_entities(nlp: Language, reference: Reference, texts: List[str], window: int) -> dict[str, Any]:
    """How many of the texts that fit one window have the same entities both ways, and the largest
    difference of a score."""
    fitting = [text for text in texts if reference.n_pieces(text) <= window]
    n_equal, n_entities, difference = 0, 0, 0.0
    for doc in nlp.pipe(fitting):
        expected = reference.entities(doc)
        found = [ScoredSpan(e.start, e.end, e.label_, e._.score) for e in doc.ents]
        n_entities += len(expected)
        if [span[:3] for span in found] == [span[:3] for span in expected]:
            n_equal += 1
            gaps = (abs(a.score - b.score) for a, b in zip(found, expected, strict=True))
            difference = max(difference, *gaps, 0.0)
    return {
        "window": window,
        "texts": len(texts),
        "fit one window": len(fitting),
        "equal": n_equal,
        "entities": n_entities,
        "largest score difference": f"{difference:.1e}",
    }
