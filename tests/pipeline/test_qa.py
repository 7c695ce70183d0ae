"""`bertfam_qa`: asking, training, scoring, saving; with an encoder of its own and with a shared one."""

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import fix_random_seed

from spacy_bertfam.data.pairs import make_pair, mark_like
from spacy_bertfam.errors import UserError

TEXT = "Anne préside la séance à Rennes."
CASES = [
    ("Qui préside ?", TEXT, "Anne"),
    ("Où ?", TEXT, "Rennes"),
    ("Qui dort ?", "Paul dort.", "Paul"),
    ("Où ?", "Paul dort.", ""),
]
LISTENER = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "*"}


def reference(nlp: Language, question: str, text: str, answer: str) -> Doc:
    pair = make_pair(nlp.make_doc(question), nlp.make_doc(text))
    start = pair.text.find(answer, len(question))
    pair.spans["answers"] = [pair.char_span(start, start + len(answer))] if answer else []
    return pair


def examples_of(nlp: Language, *, marked: bool = True) -> list[Example]:
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in (reference(nlp, *case) for case in CASES)]
    for eg in examples if marked else ():
        mark_like(eg.predicted, eg.reference)
    return examples


@pytest.fixture(scope="module")
def make_nlp(tiny_encoder):
    def make(*, shared: bool = False, steps: int = 0, kind: str = "bert", **settings) -> Language:
        nlp = spacy.blank("fr")
        encoder = {"@architectures": "spacy-bertfam.Encoder.v1", "name": str(tiny_encoder(kind))}
        encoder |= {"window": 32, "overlap": 4}
        if shared:
            nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder})
        model = {
            "@architectures": "spacy-bertfam.SpanAnswerer.v1",
            "tok2vec": LISTENER if shared else encoder,
        }
        nlp.add_pipe("bertfam_qa", name="qa", config={"model": model, **settings})
        optimizer = nlp.initialize(lambda: examples_of(nlp))
        optimizer.learn_rate = 0.01
        for _ in range(steps):
            nlp.update(examples_of(nlp), sgd=optimizer)
        return nlp

    return make


@pytest.fixture(scope="module")
def untrained(make_nlp) -> Language:
    """To be read only."""
    return make_nlp()


@pytest.fixture(scope="module", params=[False, True], ids=["own", "shared"])
def trained(request, make_nlp) -> Language:
    """To be read only."""
    fix_random_seed(0)
    return make_nlp(shared=request.param, steps=40)


def test_what_was_trained_is_answered(trained):
    found = trained.get_pipe("qa").ask([(question, text) for question, text, _ in CASES])
    assert [answer.text for [answer] in found] == [expected for *_, expected in CASES]
    assert all(0.5 < answer.score <= 1 for [answer] in found)
    doc = trained(TEXT)
    answer = doc._.ask("Où ?")
    assert (answer.span.doc, answer.text) == (doc, "Rennes")


def test_the_scores_are_over_all_questions(trained):
    for marked in (True, False):  # as our reader makes Docs, and as `spacy evaluate` does
        scores = trained.evaluate(examples_of(trained, marked=marked))
        assert (scores["qa_em"], scores["qa_f1"], scores["qa_no_answer"]) == (1, 1, 1)


def test_a_saved_component_answers_as_before(trained, tmp_path):
    trained.to_disk(tmp_path / "model")
    pairs = [(question, text) for question, text, _ in CASES]
    expected = trained.get_pipe("qa").ask(pairs, top_k=3)
    loaded = spacy.load(tmp_path / "model")
    found = loaded.get_pipe("qa").ask(pairs, top_k=3)
    assert [[(a.text, a.score) for a in best] for best in found] == [
        [(a.text, a.score) for a in best] for best in expected
    ]
    assert [len(best) for best in found] == [3] * 4


def test_questions_of_the_config_are_answered_for_every_doc(make_nlp):
    nlp = make_nlp(steps=40, questions={"CHAIR": "Qui préside ?", "PLACE": "Où ?"})
    docs = list(nlp.pipe([TEXT, "Paul dort.", ""]))
    found = [[(span.label_, span.text) for span in doc.spans["answers"]] for doc in docs]
    assert found[0] == [("CHAIR", "Anne"), ("PLACE", "Rennes")]
    assert ("PLACE", "Paul") not in found[1] and found[2] == []
    for doc in docs:
        attrs = doc.spans["answers"].attrs
        assert len(attrs["scores"]) == len(doc.spans["answers"])
        assert set(attrs["no_answer"]) == {"CHAIR", "PLACE"}
    assert docs[2].spans["answers"].attrs["no_answer"]["PLACE"] == 1
    nlp.get_pipe("qa").min_score = 1.0
    assert len(nlp(TEXT).spans["answers"]) == 0


def test_a_doc_of_which_nothing_is_asked_stays_as_it_is(make_nlp):
    assert "answers" not in make_nlp()(TEXT).spans


def test_a_batch_gives_what_each_question_gives_alone(make_nlp):
    nlp = make_nlp(steps=3)
    pairs = [(q, f"{t} {t} {t} {t} {t}") for q, t, _ in CASES]  # several windows
    together = nlp.get_pipe("qa").ask(pairs)
    alone = [nlp.get_pipe("qa").ask([pair])[0] for pair in pairs]
    assert [a.text for [a] in together] == [a.text for [a] in alone]
    assert [a.score for [a] in together] == pytest.approx([a.score for [a] in alone], abs=1e-5)


def test_each_doc_asks_the_component_of_its_own_pipeline(make_nlp):
    first, second = make_nlp(steps=40), make_nlp()
    assert first(TEXT)._.ask("Où ?").text == "Rennes"
    assert second(TEXT)._.ask("Où ?").score != first(TEXT)._.ask("Où ?").score
    with pytest.raises(UserError, match="found none to answer"):
        spacy.blank("fr")(TEXT)._.ask("Où ?")


def test_a_missing_annotation_teaches_nothing(make_nlp):
    nlp = make_nlp()
    [eg, *_] = examples_of(nlp)
    del eg.reference.spans["answers"]
    qa = nlp.get_pipe("qa")
    scores, _ = qa.model.begin_update([eg.predicted])
    loss, [d_scores] = qa.get_loss([eg], scores)
    assert loss == 0 and not d_scores.any()


@pytest.mark.parametrize("shared", [False, True])
def test_the_encoder_learns_too(make_nlp, shared):
    nlp = make_nlp(shared=shared)
    encoder = nlp.get_pipe("encoder").model if shared else nlp.get_pipe("qa").model.get_ref("tok2vec")
    before = [p.detach().clone() for p in encoder.shims[0]._model.parameters()]
    optimizer = nlp.resume_training()
    for _ in range(2):  # spaCy's encoder is updated in the step after the head's
        nlp.update(examples_of(nlp), sgd=optimizer)
    after = list(encoder.shims[0]._model.parameters())
    assert sum(not a.equal(b) for a, b in zip(before, after, strict=True)) > len(after) // 2


def test_a_shared_encoder_wants_pairs_on_the_predicted_side(make_nlp):
    nlp = make_nlp(shared=True)
    with pytest.raises(UserError, match=r"PairCorpus\.v1"):
        nlp.update(examples_of(nlp, marked=False))


def test_an_own_encoder_learns_from_examples_of_spacys_reader(make_nlp):
    nlp = make_nlp()
    losses = [nlp.update(examples_of(nlp, marked=marked), sgd=False)["qa"] for marked in (True, False)]
    assert losses[0] == pytest.approx(losses[1])


@pytest.mark.parametrize(
    "settings, name",
    [({"temperature": 0.0}, "temperature"), ({"max_length": 0}, "max_length"), ({"min_score": 2.0}, "min_score"),
     ({"questions": {"A": " "}}, "questions")],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(make_nlp, settings, name):
    with pytest.raises(UserError, match=name):
        make_nlp(**settings)


@pytest.mark.parametrize(
    "given, options, reason",
    [
        ([("   ", TEXT)], {}, "expected words"),
        ([("", TEXT)], {}, "expected words"),
        (("Où ?", TEXT), {}, "expected pairs"),
        (["ab"], {}, "expected pairs"),
        ([("Où ?", None)], {}, "expected pairs"),
        ([("Où ?", TEXT)], {"top_k": -1}, "top_k"),
        ([("Où ?", TEXT)], {"top_k": 0}, "top_k"),
    ],
)
def test_what_is_no_question_about_a_text_is_refused(untrained, given, options, reason):
    with pytest.raises(UserError, match=reason):
        untrained.get_pipe("qa").ask(given, **options)


def test_data_without_questions_are_refused(make_nlp):
    nlp = make_nlp()
    with pytest.raises(UserError, match="convert-qa"):
        nlp.initialize(lambda: [Example(nlp.make_doc(TEXT), nlp.make_doc(TEXT))])
