"""Names that a pipeline finds, in presidio with their scores, and a text in which they are masked.

python examples/presidio_recognizer.py PIPELINE "A text"        (presidio-analyzer, presidio-anonymizer)
"""

import hashlib
import hmac
import secrets
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

import spacy
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig
from spacy.language import Language

NAMES = {"PER": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION"}  # what presidio calls them


class BertfamRecognizer(EntityRecognizer):
    """Hands presidio places in characters: a name off the borders of presidio's tokens is found too."""

    def __init__(self, nlp: Language, labels: Iterable[str]) -> None:
        self.pipeline = nlp
        super().__init__([NAMES.get(label, label) for label in labels], supported_language=nlp.lang)

    def load(self) -> None:
        """Nothing: the pipeline is there."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Find those of the asked kinds, each with its probability; what a rule has found is certain."""
        found = [(NAMES.get(e.label_, e.label_), e) for e in self.pipeline(text).ents]
        scored = [(kind, e, 1.0 if e._.score is None else e._.score) for kind, e in found if kind in entities]
        return [RecognizerResult(kind, e.start_char, e.end_char, score) for kind, e, score in scored]


def make_analyzer(nlp: Language, labels: Iterable[str]) -> AnalyzerEngine:
    """RETURNS (AnalyzerEngine): with presidio's own recognizers for the language, and the pipeline's labels."""
    engine = SpacyNlpEngine()
    engine.nlp = {nlp.lang: spacy.blank(nlp.lang)}  # its tokens are for presidio's patterns alone
    registry = RecognizerRegistry(supported_languages=[nlp.lang])
    registry.load_predefined_recognizers(languages=[nlp.lang])
    registry.remove_recognizer("SpacyRecognizer")
    registry.add_recognizer(BertfamRecognizer(nlp, labels))
    return AnalyzerEngine(registry, engine, supported_languages=[nlp.lang])


def surrogate(key: bytes, kind: str, name: str) -> str:
    """RETURNS (str): the same for the same name, and not to be guessed without the key."""
    return f"{kind}_{hmac.new(key, name.casefold().encode('utf8'), hashlib.sha256).hexdigest()[:8]}"


def mask(text: str, found: list[RecognizerResult], key: bytes) -> str:
    """RETURNS (str): the text with a surrogate for each name."""
    kinds = {each.entity_type for each in found}
    operators = {kind: OperatorConfig("custom", {"lambda": partial(surrogate, key, kind)}) for kind in kinds}
    return str(AnonymizerEngine().anonymize(text, found, operators).text)


if __name__ == "__main__":
    pipeline = spacy.load(sys.argv[1])
    results = make_analyzer(pipeline, pipeline.get_pipe("ner").labels).analyze(sys.argv[2], pipeline.lang)
    for result in results:
        print(result.entity_type, sys.argv[2][result.start : result.end], round(result.score, 3))
    print(mask(sys.argv[2], results, secrets.token_bytes(16)))
