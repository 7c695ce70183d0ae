"""A unigram tokenizer.json of a few pieces in several scripts."""

from typing import Any

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
SCORES = {
    "▁": -3.0, "▁le": -4.0, "▁été": -5.0, "▁дом": -5.0, "l": -7.0, "e": -7.0, "é": -7.0, "t": -7.0,
    "▁straße": -6.0, "д": -8.0, "▁fin": -5.0, "f": -8.0, "i": -8.0, "n": -8.0, "中": -8.0, "2": -7.0,
    "२": -7.0, ".": -4.0, "ł": -9.0, "▁zł": -6.0, "z": -8.0, "α": -9.0, "€": -9.0, "12": -6.0, "1": -7.0,
    "”": -8.0,
}  # fmt: skip


def tiny_unigram() -> dict[str, Any]:
    """RETURNS (dict): tokenizer.json in the layout of XLM-R: four special tokens first, the mask last."""
    pieces = [*SPECIAL, *SCORES, "<mask>"]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    special = [*SPECIAL, "<mask>"]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": pieces.index(text), "content": text, **flags} for text in special],
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "<s>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "<mask>", "type_id": 0}},
            ],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {
                text: {"id": text, "ids": [pieces.index(text)], "tokens": [text]}
                for text in ("<s>", "<mask>")
            },
        },
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "model": {
            "type": "Unigram",
            "unk_id": 3,
            "vocab": [[piece, SCORES.get(piece, 0.0)] for piece in pieces],
            "byte_fallback": False,
        },
    }
