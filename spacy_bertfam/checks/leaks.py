"""Texts that train and dev share: what was learned by heart is no measure of what is understood."""

from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Set

from spacy.tokens import DocBin
from spacy.training import Example

from ..files.saving import write_file
from .corpora import PARTS, Corpora, block_at
from .finding import FINE, SUSPICIOUS, Finding
from .setup import Setup

SHORT = 4  # words; shorter texts (a heading, a date line) recur without harm, and are not counted
N_SHOWN = 3
MOST_LEFT_OUT = 0.5  # of dev; where more is doubled, the parts have to be drawn anew
UNIQUE = "dev.unique.spacy"


def check_leaks(setup: Setup, corpora: Corpora) -> Iterator[Finding]:
    """Texts of dev that stand in train, letter by letter, or but for case and white space."""
    if not all(corpora[part] for part in PARTS):
        return
    dev = [eg for eg in corpora["dev"] if len(eg.predicted) >= SHORT]
    exact = {eg.text.strip() for eg in corpora["train"]}
    alike = {normalised(text) for text in exact}
    same = [eg for eg in dev if eg.text.strip() in exact]
    nearly = [eg for eg in dev if eg.text.strip() not in exact and normalised(eg.text) in alike]
    fix = _without_doubles(setup, corpora, alike)
    for what, found in (
        ("texts of dev that stand in train", same),
        ("the same but for case and spaces", nearly),
    ):
        if found:
            yield Finding(
                SUSPICIOUS, f"{what}, {100 * len(found) / len(corpora['dev']):.1f}%", "dev", len(found),
                do="The score will be too good: leave them out of one part, or draw the parts by document.",
                examples=tuple(shorten(eg.text) for eg in found[:N_SHOWN]), fix=fix,
            )  # fmt: skip
    if not same and not nearly:
        yield Finding(FINE, "no text of dev stands in train", "dev", len(dev))


def normalised(text: str) -> str:
    """RETURNS (str): without differences of case and white space."""
    return " ".join(text.casefold().split())


def shorten(text: str, n: int = 60) -> str:
    """RETURNS (str): one line of at most ``n`` characters and a bit."""
    line = " ".join(text.split())
    return line if len(line) <= n else line[:n] + "…"


def _without_doubles(setup: Setup, corpora: Corpora, alike: Set[str]) -> Any:
    """The repair: a corpus of what is left of dev; None where that would not be a measure any more."""
    dot_name = str(setup.training.get("dev_corpus", "corpora.dev"))
    block = block_at(setup.config, dot_name)
    left = [eg for eg in corpora["dev"] if len(eg.predicted) < SHORT or normalised(eg.text) not in alike]
    is_plain = (
        block.get("@readers") == "spacy.Corpus.v1" and not block.get("max_length") and not block.get("limit")
    )
    if not is_plain or block.get("gold_preproc") or len(left) < MOST_LEFT_OUT * len(corpora["dev"]):
        return None
    return _writer(left, dot_name)


def _writer(left: List[Example], dot_name: str) -> Callable[[Path], Dict[str, Any]]:
    def write(folder: Path) -> Dict[str, Any]:
        docs = DocBin(docs=[eg.reference for eg in left], store_user_data=True)
        write_file(folder / UNIQUE, docs.to_bytes())
        return {f"{dot_name}.path": str(folder / UNIQUE)}

    return write
