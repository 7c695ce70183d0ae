"""The temperature of answers: found again where it is known, and nothing else changed."""

import numpy as np
import pytest
import spacy
from sampled import WORDS
from spacy.tokens import DocBin
from spacy.training import Example
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.data.pairs import make_pair
from spacy_bertfam.decoding.answers import answer_distribution
from spacy_bertfam.errors import UserError
from spacy_bertfam.evaluation.calibration import NoTemperature, calibrate
from spacy_bertfam.pipeline.gold_answers import words_of

FACTOR = 3.0


def draw(nlp, n_texts=150):
    """Questions whose answers are drawn by the probabilities that `qa` gives them."""
    rng, qa = np.random.default_rng(0), nlp.get_pipe("qa")
    question = nlp.make_doc("Qui ?")
    texts = [nlp.make_doc(" ".join(rng.permutation(WORDS)[:6])) for _ in range(n_texts)]
    pairs = [make_pair(question, text) for text in texts]
    for pair, scores in qa.score_pairs(list(pairs), encode=True):
        found = answer_distribution(scores, words_of(pair), max_length=qa.max_length)
        place = rng.choice(found.spans.size + 1, p=[*found.spans.ravel(), found.nothing])
        start, more = divmod(int(place), found.spans.shape[1])
        pair.spans["answers"] = [pair[2 + start : 3 + start + more]] if place < found.spans.size else []
    return [Example(nlp.make_doc(pair.text), pair) for pair in pairs]


def scale(nlp, factor):
    output = nlp.get_pipe("qa").model.get_ref("output_layer")
    for name in ("W", "b"):
        output.set_param(name, output.get_param(name) * factor)


@pytest.fixture(scope="module", params=["own", pytest.param("shared", marks=pytest.mark.slow)])
def saved(request, tiny_encoder, tmp_path_factory):
    """A pipeline whose scores are three times what they should be, and questions by which they were right before."""
    folder, nlp = tmp_path_factory.mktemp("answers"), spacy.blank("fr")
    encoder = {"@architectures": "spacy-bertfam.Encoder.v1", "name": str(tiny_encoder("bert"))}
    if request.param == "shared":
        nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder})
        encoder = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "*"}
    model = {"@architectures": "spacy-bertfam.SpanAnswerer.v1", "tok2vec": encoder}
    qa = nlp.add_pipe("bertfam_qa", name="qa", config={"model": model, "max_length": 2})
    pair = make_pair(nlp.make_doc("Qui ?"), nlp.make_doc("Anne."))
    pair.spans["answers"] = [pair[2:3]]
    nlp.initialize(lambda: [Example(nlp.make_doc(pair.text), pair)])
    output = qa.model.get_ref("output_layer")
    random = np.random.default_rng(1).normal(size=output.get_param("W").shape)
    output.set_param("W", random.astype("float32") * 0.4)
    examples = draw(nlp)
    scale(nlp, FACTOR)
    nlp.to_disk(folder / "model")
    DocBin(docs=[eg.reference for eg in examples]).to_disk(folder / "dev.spacy")
    return folder


@pytest.fixture
def overconfident(saved):
    nlp = spacy.load(saved / "model")
    docs = DocBin().from_disk(saved / "dev.spacy").get_docs(nlp.vocab)
    return nlp, [Example(nlp.make_doc(doc.text), doc) for doc in docs]


def test_scores_that_were_multiplied_get_their_factor_back_and_are_calibrated(overconfident):
    nlp, examples = overconfident
    found = calibrate(nlp, examples)
    assert (found.noun, found.n_texts, len(found.entities_before)) == ("answers", 150, 150)
    assert found.after == pytest.approx(FACTOR, rel=0.25)
    assert nlp.get_pipe("qa").temperature == nlp.get_pipe_config("qa")["temperature"] == found.after
    assert len(found.held_out.temperatures) == 5
    assert found.measured.calibration_error() < 0.6 * found.entities_before.calibration_error()
    assert not any(eg.predicted.spans for eg in examples)


def test_the_figures_are_those_of_the_scorer_and_the_answers_stay(overconfident):
    nlp, examples = overconfident
    pairs = [(eg.reference[:2].text, eg.reference[2:].text) for eg in examples]
    before = [(best.text, best.score) for [best] in nlp.get_pipe("qa").ask(pairs)]
    found = calibrate(nlp, examples)
    after = [(best.text, best.score) for [best] in nlp.get_pipe("qa").ask(pairs)]
    assert [text for text, _ in after] == [text for text, _ in before]
    assert found.entities_before.scores.tolist() == [score for _, score in before]
    assert found.entities_after.scores.tolist() == [score for _, score in after]
    assert found.entities_after.n_right / 150 == pytest.approx(nlp.evaluate(examples)["qa_em"])


def test_texts_without_questions_or_mistakes_are_refused(overconfident):
    nlp, examples = overconfident
    bare = [Example(eg.predicted, nlp.make_doc(eg.predicted.text)) for eg in examples]
    with pytest.raises(NoTemperature, match="no questions with their answers"):
        calibrate(nlp, bare)
    with pytest.raises(UserError, match="Expected one bertfam_ner or bertfam_qa, 'ner' was asked for"):
        calibrate(nlp, examples, component="ner")


def test_the_command_prints_the_error_before_and_after_and_writes_the_temperature(saved, tmp_path):
    arguments = [saved / "model", saved / "dev.spacy", tmp_path / "out", "--page", tmp_path / "page.html"]
    result = CliRunner().invoke(app, ["calibrate", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    assert "answers that are right" in result.stdout and "entities" not in result.stdout
    assert "expected calibration error" in result.stdout
    assert spacy.load(tmp_path / "out").get_pipe("qa").temperature > 2
    page = (tmp_path / "page.html").read_text(encoding="utf8")
    assert "150 textes, 150 réponses selon qa" in page and "ntité" not in page
