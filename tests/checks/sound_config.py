"""The project's config, small corpora for it, and how to find a row among the findings."""

from pathlib import Path

import spacy
from small_corpus import annotated
from spacy.tokens import DocBin

from spacy_bertfam.checks.finding import Finding

CONFIG = Path(__file__).parents[2] / "configs" / "ner_shared.cfg"
DEV = (
    ("Marie habite maintenant à Brest .", (("Marie", "PER"), ("Brest", "LOC"))),
    ("Le groupe Alpina engage Paul Martin .", (("Alpina", "ORG"), ("Paul Martin", "PER"))),
)


def write_corpus(path: Path, sentences, *, times: int = 1) -> Path:
    """Sentences as a `.spacy` file; each stands in it so many times."""
    nlp = spacy.blank("fr")
    docs = [annotated(nlp, sentence) for sentence in sentences for _ in range(times)]
    DocBin(docs=docs).to_disk(path)
    return path


def states(findings: list[Finding], what: str) -> list[str]:
    """RETURNS (list): the states of the rows whose text has ``what`` in it."""
    return [finding.state for finding in findings if what in finding.what]


def the(findings: list[Finding], what: str) -> Finding:
    """RETURNS (Finding): the only row whose text has ``what`` in it."""
    (found,) = (finding for finding in findings if what in finding.what)
    return found
