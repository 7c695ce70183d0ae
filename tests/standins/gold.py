"""Sentences with every annotation that the stand-ins' heads learn, made by rule."""

from collections.abc import Sequence

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

SENTENCES = {
    "fr": (
        ("Marie Vasseur travaille à Rouen .", ("Marie Vasseur", "Rouen")),
        ("Hier , Paul a quitté les villes de Brest et Nantes .", ("Paul", "Brest", "Nantes")),
        ("La société Alpina engage deux ingénieurs .", ("Alpina",)),
        ("Il pleut sur les grandes villes .", ()),
    ),
    "en": (
        ("Mary Vance works in the offices of Northgate .", ("Mary Vance", "Northgate")),
        ("Paul left London and Paris yesterday .", ("Paul", "London", "Paris")),
        ("It rains on the large cities .", ()),
        ("The company hired two engineers .", ()),
    ),
}
FUNCTION_WORDS = {"de", "la", "le", "les", "sur", "à", "et", "a", "the", "of", "in", "on", "and"}


def examples(nlp: Language) -> list[Example]:
    """RETURNS (list): an Example for each sentence of the pipeline's language."""
    found = [annotate(nlp.make_doc(text), names) for text, names in SENTENCES[nlp.lang]]
    return [Example(nlp.make_doc(doc.text), doc) for doc in found]


def annotate(doc: Doc, names: Sequence[str]) -> Doc:
    """RETURNS (Doc): a new one; each word depends on the one before it, a plural's lemma lacks the s."""
    words = [token.text for token in doc]
    pos = [part_of_speech(word) for word in words]
    gold = Doc(
        doc.vocab,
        words=words,
        spaces=[bool(token.whitespace_) for token in doc],
        pos=pos,
        tags=[{"PUNCT": ".", "ADP": "IN", "PROPN": "NNP"}.get(name, "NN") for name in pos],
        morphs=["Number=Plur" if word.endswith("s") else "Number=Sing" for word in words],
        lemmas=[word.lower().removesuffix("s") if len(word) > 3 else word.lower() for word in words],
        heads=[max(i - 1, 0) for i in range(len(words))],
        deps=["ROOT" if i == 0 else "punct" if pos[i] == "PUNCT" else "dep" for i in range(len(words))],
    )
    starts = [gold.text.index(name) for name in names]
    gold.set_ents([gold.char_span(i, i + len(name), "NAME") for i, name in zip(starts, names, strict=True)])
    return gold


def part_of_speech(word: str) -> str:
    """RETURNS (str): guessed from the letters."""
    if not word[0].isalpha():
        return "PUNCT"
    if word.lower() in FUNCTION_WORDS:
        return "ADP"
    return "PROPN" if word[0].isupper() else "NOUN"
