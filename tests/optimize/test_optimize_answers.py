"""`optimize` of a pipeline that answers questions: what is compared are its answers."""

import pytest
import spacy
from spacy.training import Example

from spacy_bertfam.data.pairs import make_pair
from spacy_bertfam.errors import UserError
from spacy_bertfam.optimize.optimize import Plan, optimize
from spacy_bertfam.optimize.report import format_report

TEXTS = ["Anne préside la séance à Rennes.", "Paul dort.", "Marie vote à 14 h."]


@pytest.fixture
def make_nlp(tiny_encoder):
    def make(kind: str):
        nlp = spacy.blank("fr")
        encoder = {"@architectures": "spacy-bertfam.Encoder.v1", "name": str(tiny_encoder(kind))}
        model = {"@architectures": "spacy-bertfam.SpanAnswerer.v1", "tok2vec": encoder}
        nlp.add_pipe("bertfam_qa", name="qa", config={"model": model})
        nlp.initialize(lambda: examples_of(nlp))
        nlp.get_pipe("qa").model.get_ref("output_layer").get_param("W")[:] *= 20
        return nlp

    return make


def examples_of(nlp):
    pairs = [make_pair(nlp.make_doc("Qui ?"), nlp.make_doc(text)) for text in TEXTS]
    for pair in pairs:
        pair.spans["answers"] = [pair[2:3]]
    return [Example(nlp.make_doc(pair.text), pair) for pair in pairs]


def test_answers_and_their_f1_are_compared(make_nlp):
    nlp = make_nlp("bert")
    expected = nlp.evaluate(examples_of(nlp))["qa_f1"]
    report = optimize(nlp, Plan("torch", "bf16"), check=examples_of(nlp))
    assert report.before.f_score == pytest.approx(100 * expected)
    answers = nlp.get_pipe("qa").ask(("Qui ?", text) for text in TEXTS)
    assert len(report.after.entities) == sum(best.span is not None for [best] in answers)
    lines = format_report(report).splitlines()
    assert any(line.startswith("answers   ") for line in lines) and not any(
        "entities" in line for line in lines
    )


def test_without_data_questions_are_made_up(make_nlp):
    report = optimize(make_nlp("camembert"), Plan("torch", "bf16"))
    assert report.before.noun == "answers" and report.before.entities


def test_data_without_questions_are_refused(make_nlp):
    nlp = make_nlp("bert")
    with pytest.raises(UserError, match="have no answers"):
        optimize(nlp, Plan("torch", "bf16"), check=[Example(nlp.make_doc("a"), nlp.make_doc("a"))])


def test_an_engine_that_reads_no_pairs_of_this_network_is_refused(make_nlp):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    with pytest.raises(UserError, match="segments"):
        optimize(make_nlp("bert"), Plan("onnxruntime"))
