"""The words that a page says itself, in the languages that it speaks."""

from typing import NamedTuple


class Wording(NamedTuple):
    """The sentences of one language; names in braces are filled in by the page."""

    title: str
    documents: tuple[str, str]  # one, many
    entities: tuple[str, str]  # one, many
    none_found: str
    scores: str
    low: str
    hidden: tuple[str, str]  # one, many
    legend: str


WORDINGS: dict[str, Wording] = {
    "en": Wording(
        title="Named entities",
        documents=("{n} document", "{n} documents"),
        entities=("{n} entity", "{n} entities"),
        none_found="No entity was found in this text.",
        scores="The number beside a label is its score: how probable the entity is, from 0 to 1.",
        low="A dashed border marks a score below {low}.",
        hidden=(
            "{n} entity with a score below {min_score} is not shown.",
            "{n} entities with a score below {min_score} are not shown.",
        ),
        legend="Labels and their counts",
    ),
    "fr": Wording(
        title="Entités nommées",
        documents=("{n} document", "{n} documents"),
        entities=("{n} entité", "{n} entités"),
        none_found="Aucune entité n’a été trouvée dans ce texte.",
        scores="Le nombre à côté d’une étiquette est son score : la probabilité de l’entité, de 0 à 1.",
        low="Une bordure en tirets signale un score inférieur à {low}.",
        hidden=(
            "{n} entité dont le score est inférieur à {min_score} n’est pas affichée.",
            "{n} entités dont le score est inférieur à {min_score} ne sont pas affichées.",
        ),
        legend="Étiquettes et leur nombre",
    ),
}


def count(n: int, forms: tuple[str, str], **values: str) -> str:
    """RETURNS (str): the form for one or for many, with the number in it."""
    # 0 takes the plural in English and the singular in French: the page never counts it
    return forms[0 if n == 1 else 1].format(n=n, **values)
