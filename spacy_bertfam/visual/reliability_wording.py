"""The words of the page of a calibration, in the languages that it speaks."""

from typing import NamedTuple, Union

from ..evaluation.calibration import AT_THE_END, FEW_ENTITIES, FOLDS
from ..evaluation.calibration_table import format_figure


class ReliabilityWording(NamedTuple):
    """The sentences of one language; names in braces are filled in by the page."""

    title: str
    texts: tuple[str, str]  # one, many
    entities: tuple[str, str]  # one, many
    found_by: str
    before: str
    after: str
    panel: str
    diagram: str
    question: str
    reading: str
    faint: str
    cross_fitted: str
    fitted_to: str
    share: str
    score: str
    in_each_tenth: str
    point: str
    in_figures: str
    figures: tuple[str, str, str, str, str, str]  # in the order of `evaluation.calibration_table.figures`
    less_is_better: str
    which: str
    columns: tuple[str, str, str, str, str]
    left: str
    few_entities: str
    at_the_end: str
    thousands: str  # between the digits of a count

    def number(self, value: Union[int, float]) -> str:
        """RETURNS (str): as in the terminal, but for the separator of a count."""
        return format_figure(value).replace(",", self.thousands)

    def counted(self, n: int, forms: tuple[str, str]) -> str:
        """RETURNS (str): the form for one or for many, with the number in it."""
        return forms[0 if n == 1 else 1].format(n=self.number(n))


RELIABILITY_WORDINGS: dict[str, ReliabilityWording] = {
    "en": ReliabilityWording(
        title="Scores of {name}",
        texts=("{n} text", "{n} texts"),
        entities=("{n} entity", "{n} entities"),
        found_by="{texts}, {entities} found by {component}; temperature {before:.2f} before, {after:.2f} after",
        before="before",
        after="after",
        panel="{when}, temperature {temperature:.2f}",
        diagram="Reliability diagram, {when}",
        question="How often are they right?",
        reading="On the dashed line scores are calibrated; below it they are overconfident.",
        faint="Faint: fewer than {few} entities.",
        cross_fitted=f"After: cross-fitted, each of {FOLDS} parts of the texts with the temperature of the others.",
        fitted_to="After: measured on the texts that the temperature was fitted to.",
        share="share that is right",
        score="score",
        in_each_tenth="entities in each tenth",
        point="mean score {score:.3f}, {right:.3f} right, {entities}",
        in_figures="In figures",
        figures=(
            "Log loss",
            "Brier score",
            "Expected calibration error",
            "Entities",
            "Entities that are right",
            "F1",
        ),
        less_is_better="Of the first three less is better, and 0 is best.",
        which="Which min_score?",
        columns=("min_score", "entities", "precision", "recall", "F1"),
        left="With the new temperature: what is left where entities with a lower score are left out. In bold, what is "
        "set now.",
        few_entities=FEW_ENTITIES,
        at_the_end=AT_THE_END,
        thousands=",",
    ),
    "fr": ReliabilityWording(
        title="Scores de {name}",
        texts=("{n} texte", "{n} textes"),
        entities=("{n} entité", "{n} entités"),
        found_by="{texts}, {entities} selon {component} ; température {before:.2f} avant, {after:.2f} après",
        before="avant",
        after="après",
        panel="{when}, température {temperature:.2f}",
        diagram="Diagramme de fiabilité, {when}",
        question="Combien sont justes ?",
        reading="Sur la ligne en tirets, les scores sont calibrés ; en dessous, ils sont trop élevés.",
        faint="En pâle : moins de {few} entités.",
        cross_fitted=f"Après : en validation croisée, chacune des {FOLDS} parties avec la température des autres.",
        fitted_to="Après : mesuré sur les textes qui ont servi à ajuster la température.",
        share="part de justes",
        score="score",
        in_each_tenth="entités par dixième",
        point="score moyen {score:.3f}, {right:.3f} justes, {entities}",
        in_figures="En chiffres",
        figures=(
            "Perte logarithmique",
            "Score de Brier",
            "Erreur de calibration attendue",
            "Entités",
            "Entités justes",
            "F1",
        ),
        less_is_better="Pour les trois premières lignes, moins vaut mieux, et 0 est parfait.",
        which="Quel min_score ?",
        columns=("min_score", "entités", "précision", "rappel", "F1"),
        left="Avec la nouvelle température : ce qui reste si les entités d’un score inférieur sont écartées. En gras, "
        "le réglage actuel.",
        few_entities="{n} entités seulement ont été trouvées ; une température ajustée sur moins de {few} doit "
        "beaucoup au hasard : donnez plus de textes annotés.",
        at_the_end="La température est au bord de ce qui est essayé (de {lowest:g} à {highest:g}) : les entités justes "
        "et fausses ont les mêmes scores, ou les textes ne ressemblent pas à ceux de l’entraînement.",
        thousands="\u202f",
    ),
}
