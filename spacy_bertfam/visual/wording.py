"""What a page says itself, in the languages that it speaks: the sentences of `wording.json`."""

import json
import re
from collections.abc import Iterable

from .template import read_resource


class Wording:
    """The sentences of a page in one language; names in braces are filled in, by the page or by its script.

    page (str): "entities", "attention", "calibration", "serve" or "report".
    lang (str): the language of the text; where the page does not speak it, it is in English.
    noun (str): what the page is about; "answers" takes the place of its entities.
    """

    def __init__(self, page: str, lang: str, *, noun: str = "entities") -> None:
        known = json.loads(read_resource("wording.json"))[page]
        self.lang = lang if lang in known else "en"
        self.sentences: dict[str, str] = known[self.lang]
        nouns: dict[str, str] = known[self.lang].pop("nouns", {})
        for entity, answer in nouns.items() if noun == "answers" else ():
            for name, text in self.sentences.items():
                self.sentences[name] = re.sub(rf"(?<!{{){entity}", answer, text)  # names in braces stay

    def say(self, name: str, /, **values: object) -> str:
        """RETURNS (str): the sentence of that name."""
        return self.sentences[name].format(**values)

    def count(self, name: str, n: int, /, **values: object) -> str:
        """RETURNS (str): the form for one or for many, with the number in it."""
        # 0 takes the plural in English and the singular in French: no page counts it
        return self.say(f"{name}_one" if n == 1 else f"{name}_many", n=self.number(n), **values)

    def names(self, name: str, keys: Iterable[str]) -> dict[str, str]:
        """RETURNS (dict[str, str]): each key with its name, of a sentence that has them all between bars."""
        return dict(zip(keys, self.say(name).split("|"), strict=True))

    def number(self, value: int | float) -> str:
        """RETURNS (str): a count with its thousands apart, or three decimals."""
        if isinstance(value, int):
            return f"{value:,}".replace(",", self.sentences["thousands"])
        return f"{value:.3f}"
