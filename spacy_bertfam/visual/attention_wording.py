"""The words of the page of attention, in the languages that it speaks."""

from typing import NamedTuple

from .attention import Attention
from .wording import count


class AttentionWording(NamedTuple):
    """The sentences of one language; names in braces are filled in by the page, or by its script."""

    title: str
    words: tuple[str, str]  # one, many
    layers: tuple[str, str]
    heads: tuple[str, str]
    caution: str
    shown: str
    without: tuple[str, str]
    reading: str
    no_script: str
    from_word: str
    choose_word: str
    overview: str
    choose_map: str
    matrix: str
    layer: str
    head: str
    average: str
    mean: str  # as short as a number
    nth_layer: str
    all_layers: str
    nth_head: str
    all_heads: str
    most: str


ATTENTION_WORDINGS: dict[str, AttentionWording] = {
    "en": AttentionWording(
        title="Attention from word to word",
        words=("{n} word", "{n} words"),
        layers=("{n} layer", "{n} layers"),
        heads=("{n} head", "{n} heads"),
        caution="Attention shows where vectors come from. It is not an explanation of a decision "
        "(Jain and Wallace, 2019).",
        shown="{shown} of {n} tokens are shown: those of the first window, and the first 200 at most.",
        without=(
            "{n} token without word pieces (white space) is left out.",
            "{n} tokens without word pieces (white space) are left out.",
        ),
        reading="What a word gives to all words together is 1. Of several word pieces, what they get is summed and "
        "what they give is averaged. Shades go with the square root of the weight, so that small ones are seen.",
        no_script="To choose words, layers and heads this page needs JavaScript; the average of all is below.",
        from_word="What one word looks at",
        choose_word="Choose the word that looks, by a click or with the keyboard:",
        overview="All layers and heads",
        choose_map="Rows are layers, columns are heads; a click, or an arrow key, chooses one.",
        matrix="From each word (row) to each word (column)",
        layer="Layer",
        head="Head",
        average="average",
        mean="mean",
        nth_layer="Layer {n}",
        all_layers="Average of all layers",
        nth_head="head {n}",
        all_heads="average of all heads",
        most="“{word}” looks most at: {list}.",
    ),
    "fr": AttentionWording(
        title="L’attention de mot à mot",
        words=("{n} mot", "{n} mots"),
        layers=("{n} couche", "{n} couches"),
        heads=("{n} tête", "{n} têtes"),
        caution="L’attention montre d’où viennent les vecteurs. Elle n’explique pas une décision "
        "(Jain et Wallace, 2019).",
        shown="{shown} mots sur {n} sont montrés : ceux de la première fenêtre, et au plus les 200 premiers.",
        without=(
            "{n} blanc, qui n’a pas de pièce, est laissé de côté.",
            "{n} blancs, qui n’ont pas de pièce, sont laissés de côté.",
        ),
        reading="Ce qu’un mot donne à tous les mots ensemble fait 1. Si un mot a plusieurs pièces, ce qu’elles "
        "reçoivent est additionné, et ce qu’elles donnent est une moyenne. La teinte suit la racine carrée du poids, "
        "pour que les petits se voient.",
        no_script="Pour choisir un mot, une couche ou une tête, cette page a besoin de JavaScript ; la moyenne de "
        "toutes est plus bas.",
        from_word="Ce qu’un mot regarde",
        choose_word="Choisissez le mot qui regarde, d’un clic ou au clavier :",
        overview="Toutes les couches et les têtes",
        choose_map="Une ligne par couche, une colonne par tête ; un clic, ou une touche fléchée, en choisit une.",
        matrix="De chaque mot (ligne) vers chaque mot (colonne)",
        layer="Couche",
        head="Tête",
        average="moyenne",
        mean="moy.",
        nth_layer="Couche {n}",
        all_layers="Moyenne des couches",
        nth_head="tête {n}",
        all_heads="moyenne des têtes",
        most="« {word} » regarde surtout : {list}.",
    ),
}


def notes_on(attention: Attention, words: AttentionWording) -> list[str]:
    """RETURNS (list): a sentence for each way in which tokens of the doc are not shown."""
    notes = []
    if attention.n_left:
        notes.append(words.shown.format(shown=attention.n_shown, n=attention.n_tokens))
    if attention.n_without:
        notes.append(count(attention.n_without, words.without))
    return notes
