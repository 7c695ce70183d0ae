"""Texts that train and dev share: what was learned by heart is no measure of what is understood."""

from collections.abc import Collection
from pathlib import Path

from spacy.tokens import DocBin

from ..files.saving import write_file
from .corpora import PARTS, Corpora
from .finding import FINE, SUSPICIOUS, Finding, Fix
from .setup import Setup
from .unread import block_at

SHORT = 4  # words; shorter texts (a heading, a date line) recur without harm, and are not counted
N_SHOWN = 3
MOST_LEFT_OUT = 0.5  # of dev; where more is doubled, the parts have to be drawn anew
UNIQUE = "dev.unique.spacy"


def check_leaks(setup: Setup, corpora: Corpora) -> list[Finding]:
    """Find texts of dev that stand in train, letter by letter, or but for case and white space."""
    if not all(corpora[part] for part in PARTS):
        return []
    dev = [eg for eg in corpora["dev"] if len(eg.predicted) >= SHORT]
    exact = {eg.text.strip() for eg in corpora["train"]}
    alike = {normalized(text) for text in exact}
    same = [eg for eg in dev if eg.text.strip() in exact]
    nearly = [eg for eg in dev if eg.text.strip() not in exact and normalized(eg.text) in alike]
    fix = _without_doubles(setup, corpora, alike)
    found = (("texts of dev that stand in train", same), ("the same but for case and spaces", nearly))
    findings = [
        Finding(
            SUSPICIOUS, f"{what}, {100 * len(texts) / len(corpora['dev']):.1f}%", "dev", len(texts),
            do="The score will be too good: leave them out of one part, or draw the parts by document.",
            examples=tuple(shorten(eg.text) for eg in texts[:N_SHOWN]), fix=fix,
        )
        for what, texts in found if texts
    ]  # fmt: skip
    return findings or [Finding(FINE, "no text of dev stands in train", "dev", len(dev))]


def normalized(text: str) -> str:
    """RETURNS (str): without differences of case and white space."""
    return " ".join(text.casefold().split())


def shorten(text: str, n: int = 60) -> str:
    """RETURNS (str): one line of at most ``n`` characters and a bit."""
    line = " ".join(text.split())
    return line if len(line) <= n else line[:n] + "…"


def _without_doubles(setup: Setup, corpora: Corpora, alike: Collection[str]) -> Fix | None:
    """The repair: a corpus of what is left of dev; None where that would not be a measure any more."""
    place = str(setup.training.get("dev_corpus", "corpora.dev"))
    block = block_at(setup.config, place)
    left = [eg for eg in corpora["dev"] if len(eg.predicted) < SHORT or normalized(eg.text) not in alike]
    is_cut = any(block.get(setting) for setting in ("max_length", "limit", "gold_preproc"))
    is_plain = block.get("@readers") == "spacy.Corpus.v1" and not is_cut
    if not is_plain or len(left) < MOST_LEFT_OUT * len(corpora["dev"]):
        return None

    def write(folder: Path) -> dict[str, str]:
        docs = DocBin(docs=[eg.reference for eg in left], store_user_data=True)
        write_file(folder / UNIQUE, docs.to_bytes())
        return {f"{place}.path": str(folder / UNIQUE)}

    return write
