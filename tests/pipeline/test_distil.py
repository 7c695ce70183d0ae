"""A recognizer learns from a trained one: what it is taught, what is kept of it, and what cannot teach."""

import shutil

import numpy as np
import pytest
import spacy
from small_corpus import (
    SENTENCES,
    TEXTS,
    all_scores,
    encoder_config,
    make_examples,
    own_pipeline,
    shared_pipeline,
    train,
)
from spacy.tokens import Doc
from spacy.training import Example

from spacy_bertfam.errors import UserError
from spacy_bertfam.heads.score_vectors import softmax
from spacy_bertfam.training.distillation.distil import Teacher, Teachers, build_distil


@pytest.fixture
def student(folder):
    """A pipeline of the teacher's labels that has learned nothing."""
    nlp = shared_pipeline(folder)
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


def raw_examples(nlp):
    return [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in TEXTS]


def entities(nlp):
    return [(text, label) for text, label, _ in all_scores(nlp)]


def test_a_pipeline_without_any_annotation_learns_what_its_teacher_finds(trained_folder, trained, student):
    assert entities(student) != entities(trained)
    build_distil(str(trained_folder), weight=0.5)(student, {"step": 0, "epoch": 0})
    losses = train(student, raw_examples(student), n_steps=40)
    assert losses[-1] < 0.2 * losses[0]
    assert entities(student) == entities(trained) != []


def test_without_a_teacher_a_text_without_annotation_teaches_nothing(student):
    assert set(train(student, raw_examples(student), n_steps=2)) == {0.0}


def test_annotation_and_teacher_have_their_shares_of_the_gradient(trained_folder, student):
    ner, examples = student.get_pipe("ner"), make_examples(student)
    docs = list(student.get_pipe("encoder").pipe(eg.predicted for eg in examples))
    scores = ner.model.predict(docs)
    alone, d_alone = ner.get_loss(examples, scores)
    build_distil(str(trained_folder), weight=1.0)(student, {})
    taught, d_taught = ner.get_loss(examples, scores)
    ner.teaching = None
    build_distil(str(trained_folder), weight=0.25)(student, {})
    both, d_both = ner.get_loss(examples, scores)
    assert alone > 0 and taught > 0
    assert both == pytest.approx(0.75 * alone + 0.25 * taught, rel=1e-3)
    for one, other, found in zip(d_alone, d_taught, d_both, strict=True):
        np.testing.assert_allclose(found, 0.75 * one + 0.25 * other, atol=2e-3)


def test_a_teacher_answers_for_docs_of_another_vocabulary_in_the_order_of_the_asking_tags(
    trained_folder, trained, student
):
    from spacy_bertfam.decoding.tags import TagSet

    ner = trained.get_pipe("ner")
    turned = TagSet("BIOES", tuple(reversed(ner.labels)))
    docs = [student.make_doc(TEXTS[0]), Doc(student.vocab), Doc(student.vocab, words=["Zoé", "Martin"])]
    found = Teacher(str(trained_folder)).beliefs(docs, turned, temperature=2.0)
    (read,) = trained.get_pipe("encoder").pipe([trained.make_doc(TEXTS[0])])
    (scores,) = ner.model.predict([read])
    expected = softmax(scores / 2.0)
    assert turned.tags != ner.tag_set.tags
    assert [text.shape for text in found] == [(len(doc), len(turned.tags)) for doc in docs]
    for column, tag in enumerate(turned.tags):
        np.testing.assert_allclose(found[0][:, column], expected[:, ner.tag_set.tag_to_id[tag]], atol=1e-5)


def test_several_teachers_are_averaged(trained_folder, student, tmp_path):
    student.to_disk(tmp_path / "other")
    paths, tag_set = [str(trained_folder), str(tmp_path / "other")], student.get_pipe("ner").tag_set
    docs = [student.make_doc(text) for text in TEXTS]
    one, other = (Teacher(path).beliefs(docs, tag_set, temperature=1.0) for path in paths)
    both = Teachers(paths).beliefs(docs, tag_set, temperature=1.0)
    for a, b, found in zip(one, other, both, strict=True):
        assert not np.allclose(a, b)
        np.testing.assert_allclose(found, (a + b) / 2, atol=1e-5)


@pytest.mark.parametrize(("n_tokens_kept", "n_asked_again"), [(10_000, 0), (10, 5), (0, 6)])
def test_what_a_teacher_thinks_is_remembered_up_to_a_bound(
    n_tokens_kept, n_asked_again, trained_folder, student, monkeypatch
):
    tag_set, asked = student.get_pipe("ner").tag_set, []
    beliefs = Teacher.beliefs

    def counted(self, docs, *args, **options):
        asked.append(len(docs))
        return beliefs(self, docs, *args, **options)

    monkeypatch.setattr(Teacher, "beliefs", counted)
    teachers = Teachers([str(trained_folder)], max_kept=n_tokens_kept * len(tag_set))
    docs = [student.make_doc(text) for text in TEXTS]
    first, second = (teachers.beliefs(docs, tag_set, temperature=1.0) for _ in range(2))
    assert asked == [len(SENTENCES), n_asked_again][: 1 + bool(n_asked_again)]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_tokens_of_the_same_text_that_are_cut_otherwise_are_another_question(trained_folder, student):
    tag_set = student.get_pipe("ner").tag_set
    teachers = Teachers([str(trained_folder)])
    for words in (["Zoé", "Martin"], ["Zo", "éMartin"]):
        doc = Doc(student.vocab, words=words, spaces=[False, False])
        (found,) = teachers.beliefs([doc], tag_set, temperature=1.0)
        (expected,) = teachers.teachers[0].beliefs([doc], tag_set, temperature=1.0)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_nothing_of_the_teacher_is_saved(trained_folder, student, tmp_path):
    teacher = shutil.copytree(trained_folder, tmp_path / "teacher")
    build_distil(str(teacher))(student, {})
    train(student, make_examples(student), n_steps=2)
    student.to_disk(tmp_path / "student")
    data = student.to_bytes()
    shutil.rmtree(teacher)
    assert all_scores(spacy.load(tmp_path / "student")) == all_scores(student)
    copied = spacy.blank("fr").from_config(student.config).from_bytes(data)
    assert copied.get_pipe("ner").teaching is None
    assert all_scores(copied) == all_scores(student)


def test_a_teacher_of_its_own_encoder_and_in_bfloat16_teaches(folder, student, tmp_path):
    nlp = own_pipeline(encoder_config(folder, precision="bf16"))
    nlp.initialize(lambda: make_examples(nlp))
    train(nlp, make_examples(nlp), n_steps=30)
    nlp.to_disk(tmp_path / "own")
    build_distil(str(tmp_path / "own"), weight=1.0)(student, {})
    losses = train(student, raw_examples(student), n_steps=20)
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"scheme": "IOB2"}, r"knows LOC, ORG, PER in IOB2, .* LOC, ORG, PER in BIOES; expected the same"),
        ({"labels": ["CITY"]}, r"knows CITY, LOC, ORG, PER in BIOES, .* LOC, ORG, PER in BIOES"),
    ],
)
def test_a_teacher_of_other_tags_is_refused(settings, sentence, folder, student, tmp_path):
    labels = settings.pop("labels", [])
    nlp = shared_pipeline(folder, **settings)
    nlp.initialize(lambda: make_examples(nlp))
    for label in labels:
        nlp.get_pipe("ner").add_label(label)
    nlp.to_disk(tmp_path / "other")
    build_distil(str(tmp_path / "other"))(student, {})
    with pytest.raises(UserError, match=sentence):
        student.update(make_examples(student))


def crf_pipeline(folder):
    model = {
        "@architectures": "spacy-bertfam.CRFTokenClassifier.v1",
        "tok2vec": {"@architectures": "spacy-bertfam.EncoderListener.v1"},
    }
    nlp = shared_pipeline(folder, model=model)
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


def test_a_head_with_transitions_neither_teaches_nor_is_taught(folder, trained_folder, student, tmp_path):
    crf = crf_pipeline(folder)
    crf.to_disk(tmp_path / "crf")
    with pytest.raises(UserError, match=r"The teacher .*crf has the head .* with transitions"):
        build_distil(str(tmp_path / "crf"))(student, {})
    with pytest.raises(UserError, match=r"Component 'ner' has the head .* with transitions"):
        build_distil(str(trained_folder))(crf, {})


def test_what_makes_no_sense_is_said_before_training(trained_folder, student, tmp_path):
    path = str(trained_folder)
    for options, sentence in (
        ({"teacher": []}, "teacher is empty"),
        ({"teacher": str(tmp_path / "none")}, "neither a pipeline's folder nor an installed package"),
        ({"teacher": path, "weight": 0.0}, "weight is 0.0; expected a number above 0, at most 1"),
        ({"teacher": path, "weight": 1.5}, "weight is 1.5"),
        ({"teacher": path, "temperature": 0.0}, "temperature is 0.0"),
    ):
        with pytest.raises(UserError, match=sentence):
            build_distil(**options)
    with pytest.raises(UserError, match=r"'tagger', which is not in the pipeline \(encoder, ner\)"):
        build_distil(path, component="tagger")(student, {})
    with pytest.raises(UserError, match="'encoder', which is a BertfamEncoder"):
        build_distil(path, component="encoder")(student, {})


def test_a_pipeline_without_a_recognizer_is_no_teacher(student, tmp_path):
    spacy.blank("fr").to_disk(tmp_path / "blank")
    with pytest.raises(UserError, match=r"Expected one bertfam_ner, the pipeline has none"):
        build_distil(str(tmp_path / "blank"))(student, {})
