"""Texts of any length: French words drawn at random, so that figures of growth need no corpus."""

import random
from typing import Iterator

WORDS = [
    "le",
    "la",
    "les",
    "un",
    "une",
    "de",
    "du",
    "des",
    "à",
    "au",
    "aux",
    "et",
    "ou",
    "mais",
    "qui",
    "que",
    "où",
    "dans",
    "sur",
    "pour",
    "par",
    "avec",
    "sans",
    "est",
    "a",
    "ont",
    "était",
    "sera",
    "maire",
    "ville",
    "pays",
    "gouvernement",
    "ministre",
    "président",
    "conseil",
    "élection",
    "rapport",
    "équipe",
    "match",
    "saison",
    "marché",
    "prix",
    "Paris",
    "Lyon",
    "Brest",
    "Marseille",
    "Bretagne",
    "Europe",
    "France",
    "Espagne",
    "Marie",
    "Jean",
    "Claire",
    "Martin",
    "Durand",
    "Moreau",
    "Lefebvre",
    "ouvre",
    "ferme",
    "annonce",
    "publie",
    "refuse",
    "attend",
    "gagne",
    "perd",
    "arrive",
    "quitte",
    "reste",
    "devient",
    "hier",
    "demain",
    "lundi",
    "janvier",
    "nouveau",
    "grand",
    "petit",
    "public",
    "social",
    "français",
    "européen",
    "premier",
    "dernier",
    "long",
    "court",
    "rouge",
    "vert",
    "12",
    "2017",
    "3,5",
]
SENTENCE = 20  # words, with the full stop


def sentences(n_words: int, *, seed: int = 0) -> Iterator[str]:
    """YIELDS (str): sentences of 20 words, together about ``n_words``."""
    draw = random.Random(seed)
    for _ in range(max(1, n_words // SENTENCE)):
        words = draw.choices(WORDS, k=SENTENCE - 1)
        yield f"{words[0].capitalize()} {' '.join(words[1:])}."


def long_text(n_words: int, *, seed: int = 0) -> str:
    """RETURNS (str): the same sentences as one text, ten to a paragraph."""
    return "".join(
        sentence + ("\n\n" if i % 10 == 9 else " ")
        for i, sentence in enumerate(sentences(n_words, seed=seed))
    )
