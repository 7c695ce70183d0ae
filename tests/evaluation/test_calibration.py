"""The temperature that calibrates: found again where it is known, and nothing else changed."""

from math import exp, log

import pytest
import spacy
from sampled import draw_examples, on_copies, random_pipeline, scale
from small_corpus import CNN, head_config, make_examples
from spacy.training import Example

from spacy_bertfam.errors import UserError
from spacy_bertfam.evaluation.calibration import calibrate, minimize
from spacy_bertfam.evaluation.recording import record
from spacy_bertfam.evaluation.scored import scored_entities
from spacy_bertfam.evaluation.scorer import calibration_error


def entities(nlp, examples):
    """Borders, label and score of each entity, text by text."""
    docs = nlp.pipe([eg.predicted.copy() for eg in examples])
    return [[(e.start, e.end, e.label_, e._.score) for e in doc.ents] for doc in docs]


def scored(nlp, examples):
    docs = list(nlp.pipe([eg.predicted.copy() for eg in examples]))
    return [Example(doc, eg.reference) for doc, eg in zip(docs, examples, strict=True)]


def make_overconfident(n_texts):
    """A pipeline whose scores were three times what they should be, and texts by which they were right before."""
    nlp = random_pipeline()
    examples = draw_examples(nlp, n_texts=n_texts)
    scale(nlp, 3.0)
    return nlp, examples


@pytest.fixture
def overconfident():
    return make_overconfident(40)


def test_scores_that_were_multiplied_get_their_factor_back():
    nlp, examples = make_overconfident(200)
    found = calibrate(nlp, examples)
    assert found.before == 1.0
    assert found.after == pytest.approx(3.0, rel=0.15)
    assert nlp.get_pipe("ner").temperature == found.after
    assert len(found.held_out.temperatures) == 5
    assert all(fold == pytest.approx(3.0, rel=0.25) for fold in found.held_out.temperatures)


def test_scores_that_are_right_stay_as_they_are():
    nlp = random_pipeline()
    found = calibrate(nlp, draw_examples(nlp))
    assert found.after == pytest.approx(1.0, rel=0.15)


def test_all_figures_fall_on_texts_that_were_not_fitted_to():
    nlp, examples = make_overconfident(200)
    examples, other = examples[::2], examples[1::2]
    before = calibration_error(scored(nlp, other))
    found = calibrate(nlp, examples)
    assert before > 0.08
    assert calibration_error(scored(nlp, other)) < 0.5 * before
    held = found.held_out.entities
    assert len(held) == len(found.entities_before)
    for figure in ("log_loss", "brier", "calibration_error"):
        assert getattr(held, figure)() < 0.95 * getattr(found.entities_before, figure)()


def test_the_entities_stay_and_their_scores_do_not(overconfident):
    nlp, examples = overconfident
    before = entities(nlp, examples)
    calibrate(nlp, examples)
    after = entities(nlp, examples)
    assert [[row[:3] for row in text] for text in after] == [[row[:3] for row in text] for text in before]
    assert after != before


def test_the_figures_are_those_of_the_pipeline_itself(overconfident):
    nlp, examples = overconfident
    found = calibrate(nlp, examples)
    result = nlp.evaluate(scored(nlp, examples))
    (threshold,) = [row for row in found.thresholds if row.min_score == 0]
    assert (threshold.precision, threshold.recall, threshold.f_score) == pytest.approx(
        (result["ents_p"], result["ents_r"], result["ents_f"])
    )
    assert found.entities_after.calibration_error() == pytest.approx(calibration_error(scored(nlp, examples)))


@pytest.mark.parametrize("architecture", ["TokenClassifier", "CRFTokenClassifier"])
def test_the_temperature_follows_the_scores_of_any_head(architecture):
    nlp = random_pipeline(architecture=architecture)
    examples = draw_examples(nlp, n_texts=40)
    one = calibrate(nlp, examples).after
    scale(nlp, 2.0)
    assert calibrate(nlp, examples).after == pytest.approx(2 * one, rel=0.01)


def test_a_new_fit_does_not_depend_on_the_temperature_that_is_set(overconfident):
    nlp, examples = overconfident
    first = calibrate(nlp, examples)
    second = calibrate(nlp, examples)
    assert (second.before, second.after) == (first.after, first.after)


def test_min_score_changes_what_is_kept_and_not_the_fit(overconfident):
    nlp, examples = overconfident
    plain = calibrate(nlp, examples).after
    ner = nlp.get_pipe("ner")
    ner.temperature, ner.min_score = 1.0, 0.6
    found = calibrate(nlp, examples)
    assert found.after == plain
    before, after = found.kept
    assert after.n_entities < before.n_entities < len(found.entities_before)
    assert after.n_entities == sum(map(len, entities(nlp, examples)))
    assert 0.6 in [row.min_score for row in found.thresholds]


def test_tokens_without_annotation_do_not_count(overconfident):
    nlp, examples = overconfident
    half = on_copies(
        examples, lambda doc: doc.set_ents([], missing=[doc[:]]) if int(doc[0].orth) % 2 else None
    )
    known = [eg for eg in half if eg.reference.has_annotation("ENT_IOB")]
    assert 0 < len(known) < len(half)
    ner = nlp.get_pipe("ner")
    found, expected = (record(nlp, ner, egs).entities(1.0) for egs in (half, known))
    assert found.scores.tolist() == expected.scores.tolist()

    partly = on_copies(
        examples,
        lambda doc: doc.set_ents(list(doc.ents), missing=[doc[0:1]]) if not doc[0].ent_type else None,
    )
    counted = record(nlp, ner, partly).entities(1.0)
    assert len(counted) < len(record(nlp, ner, examples).entities(1.0))
    assert counted.calibration_error() == pytest.approx(calibration_error(scored(nlp, partly)))


def test_annotation_on_the_predicted_side_is_not_looked_at(overconfident):
    nlp, examples = overconfident
    annotated = [Example(eg.reference.copy(), eg.reference) for eg in examples]
    expected = calibrate(nlp, examples)
    found = calibrate(nlp, annotated)
    assert found.after == expected.after
    assert [len(eg.predicted.ents) for eg in annotated] == [len(eg.reference.ents) for eg in annotated]


def test_entities_of_a_component_before_have_no_part_in_it(overconfident):
    nlp, examples = overconfident
    word, label = next((e.text, e.label_) for eg in examples for e in eg.reference.ents if len(e) == 1)
    ruler = nlp.add_pipe("entity_ruler", before="ner")
    ruler.add_patterns([{"label": label, "pattern": word}])
    before = entities(nlp, examples)
    found = calibrate(nlp, examples)
    after = entities(nlp, examples)
    assert [[row[:3] for row in text] for text in after] == [[row[:3] for row in text] for text in before]
    assert found.counts.n_unscored > found.counts.n_unscored_right > 0
    result = nlp.evaluate(scored(nlp, examples))
    assert found.kept[1].f_score == pytest.approx(result["ents_f"])
    assert found.entities_after.calibration_error() == pytest.approx(calibration_error(scored(nlp, examples)))


def test_the_encoder_runs_once_over_each_text(overconfident, monkeypatch):
    nlp, examples = overconfident
    ner, seen = nlp.get_pipe("ner"), []
    predict = type(ner.model).predict
    monkeypatch.setattr(type(ner.model), "predict", lambda self, X: seen.append(len(X)) or predict(self, X))
    calibrate(nlp, examples)
    assert sum(seen) == len(examples)


def test_what_cannot_be_fitted_is_refused(overconfident):
    nlp, examples = overconfident
    docs = [eg.predicted for eg in examples]
    right = [Example(doc, found) for doc, found in zip(docs, nlp.pipe([d.copy() for d in docs]), strict=True)]
    wrong = on_copies(examples, lambda doc: doc.set_ents([]))
    unknown = on_copies(examples, lambda doc: doc.set_ents([], missing=[doc[:]]))
    for texts, sentence in (
        (right, "are right; expected some mistakes"),
        (wrong, "None of the .* is right; expected most"),
        (unknown, "No entity is found"),
        ([], "No entity is found"),
    ):
        with pytest.raises(UserError, match=sentence):
            calibrate(nlp, texts)
    assert nlp.get_pipe("ner").temperature == 1.0


def test_a_temperature_of_few_entities_is_known_to_be_one(overconfident):
    nlp, examples = overconfident
    assert not calibrate(nlp, examples).is_of_few
    assert calibrate(nlp, examples[:4]).is_of_few


def test_each_text_is_scored_by_the_temperature_of_others(overconfident):
    nlp, examples = overconfident
    found = calibrate(nlp, examples)
    for fold, temperature in enumerate(found.held_out.temperatures):
        others = [eg for i, eg in enumerate(examples) if i % 5 != fold]
        assert calibrate(nlp, others).after == pytest.approx(temperature, rel=0.02)
        nlp.get_pipe("ner").temperature = temperature
        expected = {round(e[3], 4) for text in entities(nlp, examples[fold::5]) for e in text}
        assert expected <= {round(score, 4) for score in found.measured.scores.tolist()}
    assert len({*found.held_out.temperatures}) > 1
    assert found.measured.calibration_error() != found.entities_after.calibration_error()


@pytest.mark.parametrize("n_texts", [2, 3, 4])
def test_a_handful_of_texts_is_not_cross_fitted_without_both_kinds(overconfident, n_texts):
    nlp, examples = overconfident
    found = calibrate(nlp, examples[:n_texts])
    assert found.held_out is None or len(found.held_out.temperatures) == n_texts > 1
    assert found.measured.n_right == found.entities_after.n_right


def test_a_component_has_to_be_named_where_there_are_several(overconfident):
    nlp, examples = overconfident
    nlp.add_pipe("bertfam_ner", name="other", config={"model": head_config(CNN)})
    with pytest.raises(UserError, match="Expected one bertfam_ner, the pipeline has ner, other"):
        calibrate(nlp, examples)
    assert calibrate(nlp, examples, component="ner").component == "ner"
    assert nlp.get_pipe("other").temperature == 1.0


def test_a_pipeline_without_a_recognizer_is_refused():
    nlp = spacy.blank("fr")
    with pytest.raises(UserError, match="the pipeline has none: give a pipeline that has one"):
        calibrate(nlp, make_examples(nlp))


@pytest.mark.parametrize("lowest", [0.13, 1.0, 2.5, 19.0])
def test_the_lowest_point_is_found_beside_another_valley(lowest):
    def function(x):
        other = 0.3 + abs(x - log(6.0 if lowest < 6 else 0.5))
        return min((x - log(lowest)) ** 2, other)

    assert exp(minimize(function, log(0.1), log(20.0))) == pytest.approx(lowest, rel=2e-3)


def test_the_lowest_point_may_be_an_end():
    assert minimize(lambda x: x, 1.0, 3.0) == pytest.approx(1.0, abs=1e-3)
    assert minimize(lambda x: -x, 1.0, 3.0) == pytest.approx(3.0, abs=1e-3)


def test_the_figures_are_right_by_hand():
    entities = scored_entities([(0.9, True), (0.6, False)])
    assert entities.log_loss() == pytest.approx(-(log(0.9) + log(0.4)) / 2)
    assert entities.brier() == pytest.approx((0.01 + 0.36) / 2)
    assert [(one.index, one.n_entities) for one in entities.bins()] == [(6, 1), (9, 1)]
    assert scored_entities([(1.0, False)]).log_loss() < 20  # not infinite
