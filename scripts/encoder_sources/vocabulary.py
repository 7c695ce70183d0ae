"""Cut a unigram tokenizer down to the pieces that some languages' texts are made of.

The cut goes by script alone. A text whose best segmentation has only kept pieces keeps it exactly: to remove
other candidates cannot make another path better. What goes is what these languages are not written with.
"""

import copy
import unicodedata
from collections.abc import Collection
from typing import Any

from .errors import EncoderError

SPACE = "▁"
BASE = "abcdefghijklmnopqrstuvwxyz"
# language -> its letters beyond a to z
LETTERS = {
    "ca": "àçèéíïòóúü",
    "de": "äöüß",
    "en": "",
    "es": "áéíñóúü",
    "fr": "àâäæçéèêëîïôöœùûüÿ",
    "it": "àèéìíîòóùú",
    "nl": "áäéèëíïóöúü",
    "pt": "àáâãçéêíóôõúü",
}
# Single characters are kept beyond the languages' own: foreign names stay spelt (Łódź), symbols stay (α, β).
SINGLE = ("LATIN ", "GREEK ", "COMBINING ", "VARIATION SELECTOR")


def alphabet(languages: Collection[str]) -> frozenset[str]:
    """RETURNS (frozenset): the languages' letters in both cases. Raises EncoderError on an unknown one."""
    unknown = sorted(set(languages) - set(LETTERS))
    if unknown or not languages:
        raise EncoderError(
            f"No alphabet is known for language {', '.join(unknown) or '(none)'}, expected some of"
            f" {', '.join(LETTERS)}: name one of these, or another encoder."
        )
    lower = BASE + "".join(LETTERS[language] for language in languages)
    return frozenset(lower + "".join(char.upper() for char in lower if len(char.upper()) == 1))


def is_needed(piece: str, letters: Collection[str]) -> bool:
    """Whether texts in these letters, with ASCII digits, punctuation and symbols, may contain the piece."""
    bare = piece.strip(SPACE)
    if all(char in letters or not _is_of_a_script(char) for char in bare):
        return True
    return len(bare) == 1 and unicodedata.name(bare, "").startswith(SINGLE)


def _is_of_a_script(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] in "LM" or (category == "Nd" and not char.isascii())


def needed_ids(tokenizer: dict[str, Any], languages: Collection[str]) -> list[int]:
    """RETURNS (list): ids to keep, ascending: every special token and every needed piece.

    tokenizer (dict): a tokenizer.json with a Unigram model. Raises EncoderError where it has another model.
    """
    model = tokenizer["model"]
    if model.get("type") != "Unigram":
        raise EncoderError(f"The tokenizer's model is {model.get('type')!r}, expected 'Unigram'.")
    letters = alphabet(languages)
    special = {token["id"] for token in tokenizer["added_tokens"]} | {model["unk_id"]}
    return [i for i, (piece, _) in enumerate(model["vocab"]) if i in special or is_needed(piece, letters)]


def cut(tokenizer: dict[str, Any], ids: Collection[int]) -> dict[str, Any]:
    """A copy of tokenizer.json with the pieces `ids` in that order; the normalizer stays as it is."""
    old_to_new = {old: new for new, old in enumerate(ids)}
    result = copy.deepcopy({key: value for key, value in tokenizer.items() if key != "model"})
    vocab = tokenizer["model"]["vocab"]
    result["model"] = {
        **tokenizer["model"],
        "unk_id": old_to_new[tokenizer["model"]["unk_id"]],
        "vocab": [list(vocab[i]) for i in ids],
    }
    for token in result["added_tokens"]:
        token["id"] = old_to_new[token["id"]]
    for token in ((result.get("post_processor") or {}).get("special_tokens") or {}).values():
        token["ids"] = [old_to_new[i] for i in token["ids"]]
    return result
