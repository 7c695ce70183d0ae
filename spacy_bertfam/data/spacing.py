"""Where the spaces of a tokenized text most likely stood.

Column files do not say it. The words stay exactly as they are; only the space after each is guessed, so
that `doc.text` reads, and retokenizes, like ordinary text. Ambiguous ones ("Saint - Denis") stay.
"""

import re
from collections.abc import Sequence

LEFT_GLUED = re.compile(r"[,.)\]}…]|\.\.\.|['’](?:s|S|m|M|d|D|re|RE|ve|VE|ll|LL)|n['’]t|N['’]T")
LEFT_GLUED_UNLESS_FRENCH = re.compile(r"[;:!?%]")
CLITIC = re.compile(r"-[^\W\d_]+(?:-[^\W\d_]+)?")  # "-t-elle", "-ci"
RIGHT_GLUED = re.compile(r"[(\[{]")
ELIDED = re.compile(r"[^\W\d_]{1,9}['’]")
STEM = re.compile(r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|presqu|entr|quelqu)", re.IGNORECASE)
ELIDING_LANGUAGES = ("fr", "it", "ca", "oc")


def guess_spaces(words: Sequence[str], *, lang: str) -> list[bool]:
    """Whether a space follows each word: none before `, . ) ]`, none after `( [`, none after an elided "l'".

    lang (str): French keeps the space before `; : ! ?`, other languages do not; only French, Italian,
        Catalan and Occitan elide ("students '" is English).
    """
    following = [*words[1:], ""] if words else []
    spaces = [_has_space(word, after, lang) for word, after in zip(words, following, strict=True)]
    if lang in ELIDING_LANGUAGES:
        for i in range(1, len(words)):
            if words[i] in ("'", "’") and STEM.fullmatch(words[i - 1]):
                spaces[i - 1] = spaces[i] = False
    return spaces


def _has_space(word: str, after: str, lang: str) -> bool:
    if RIGHT_GLUED.fullmatch(word) or LEFT_GLUED.fullmatch(after):
        return False
    if lang != "fr" and LEFT_GLUED_UNLESS_FRENCH.fullmatch(after):
        return False
    if lang == "fr" and CLITIC.fullmatch(after):
        return False
    return not (lang in ELIDING_LANGUAGES and ELIDED.fullmatch(word))
