"""A component with a CRF head learns, and gives the same entities and scores when it is loaded again."""

import numpy as np
import spacy
from spacy.training import Example


def test_component_with_a_crf_learns_and_reloads_to_equal_scores(tmp_path):
    nlp = spacy.blank("fr")
    cnn = {"@architectures": "spacy.HashEmbedCNN.v2", "width": 32, "depth": 2, "embed_size": 200}
    cnn |= {"window_size": 1, "maxout_pieces": 2, "subword_features": True, "pretrained_vectors": None}
    nlp.add_pipe("tok2vec", config={"model": cnn})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "*"}
    head = {"@architectures": "spacy-bertfam.CRFTokenClassifier.v1", "tok2vec": listener}
    nlp.add_pipe("bertfam_ner", name="ner", config={"model": head})
    texts = [
        ("Marie vit à Lyon", [(0, 5, "PER"), (12, 16, "LOC")]),
        ("Lyon attend Paul", [(0, 4, "LOC"), (12, 16, "PER")]),
    ]
    examples = [Example.from_dict(nlp.make_doc(text), {"entities": ents}) for text, ents in texts]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    doc = nlp("Marie vit à Lyon")
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("Marie", "PER"), ("Lyon", "LOC")]
    assert np.abs(nlp.get_pipe("ner").model.get_ref("transitions").get_param("between")).max() > 0
    nlp.to_disk(tmp_path / "model")
    again = spacy.load(tmp_path / "model")("Marie vit à Lyon")
    assert [ent._.score for ent in again.ents] == [ent._.score for ent in doc.ents]
    before = nlp.get_pipe("ner").model.get_ref("transitions").get_param("between").copy()
    nlp.get_pipe("ner").add_label("NEW")
    after = nlp.get_pipe("ner").model.get_ref("transitions").get_param("between")
    assert np.array_equal(after[: len(before), : len(before)], before)
    assert [ent.text for ent in nlp("Marie vit à Lyon").ents] == ["Marie", "Lyon"]
