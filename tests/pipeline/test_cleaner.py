"""A cleaned Doc is like one that had no vectors."""

import numpy
import spacy


def test_vectors_are_gone_and_the_doc_stays_usable():
    nlp = spacy.blank("fr")
    cleaner = nlp.add_pipe("bertfam_cleaner")
    doc = nlp.make_doc("Anne vit à Rennes.")
    doc.tensor = numpy.ones((len(doc), 4), dtype="float32")
    assert cleaner(doc) is doc
    assert doc.tensor.size == 0 and not doc.has_vector
    assert doc[:2].as_doc().text.strip() == "Anne vit"


def test_round_trip(tmp_path):
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_cleaner")
    nlp.to_disk(tmp_path)
    assert spacy.load(tmp_path)("Bonjour").tensor.size == 0
