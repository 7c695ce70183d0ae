"""The reference and the pipeline agree on a tiny encoder, and a broken pipeline is found out."""

import pytest
import spacy
from spacy.training import Example

TEXTS = ["Marie habite à Lyon.", "", " Jean  Martin\n", "L'été, Jean-Luc part."]


@pytest.fixture(params=["bert", "xlm-roberta"])
def nlp(request, tiny_encoder, gold_docs):
    nlp = spacy.blank("fr")
    encoder = {"@architectures": "spacy-bertfam.Encoder.v1", "name": str(tiny_encoder(request.param))}
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder})
    nlp.add_pipe("bertfam_ner", name="ner")
    nlp.initialize(lambda: [Example(nlp.make_doc(doc.text), doc) for doc in gold_docs])
    head = nlp.get_pipe("ner").model.get_ref("output_layer")
    head.set_param("W", head.get_param("W") * 50)  # else everything is nearly a tie
    bias = head.get_param("b").copy()
    bias[nlp.get_pipe("ner").tag_set.tag_to_id["O"]] = -20  # else a random head may find nothing at all
    head.set_param("b", bias)
    return nlp


def test_entities_are_those_of_the_reference(nlp, tmp_path):
    from benchmarks.export import export_classifier
    from benchmarks.reference import compare_entities, reference_of

    export_classifier(nlp, tmp_path)
    found = compare_entities(nlp, reference_of(nlp, tmp_path), TEXTS, 50)
    assert found["entities"] > 0
    assert (found["equal"], found["fit one window"]) == (len(TEXTS), len(TEXTS))
    assert float(found["largest score difference"]) < 1e-4


def test_a_difference_is_counted(nlp, tmp_path):
    from benchmarks.export import export_classifier
    from benchmarks.reference import compare_entities, reference_of

    export_classifier(nlp, tmp_path)
    reference = reference_of(nlp, tmp_path)
    head = nlp.get_pipe("ner").model.get_ref("output_layer")
    head.set_param("W", -head.get_param("W"))
    assert compare_entities(nlp, reference, TEXTS, 50)["equal"] < len(TEXTS)


def test_longer_texts_are_left_out(nlp, tmp_path):
    from benchmarks.export import export_classifier
    from benchmarks.reference import compare_entities, reference_of

    export_classifier(nlp, tmp_path)
    found = compare_entities(nlp, reference_of(nlp, tmp_path), [*TEXTS, "mot " * 60], 50)
    assert (found["texts"], found["fit one window"]) == (len(TEXTS) + 1, len(TEXTS))
