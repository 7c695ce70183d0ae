"""Weights and pieces of curated encoders, family by family: those of the checkpoint that they were made from."""

import pytest
import spacy
import torch
from standins.generations import CURATED_IS_THERE
from standins.gold import examples
from standins.pipelines import listener
from standins.sentencepiece_file import sentencepiece_bytes
from tiny.folder import make_tiny_encoder

from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.hub.adopt.adopt import adopt
from spacy_bertfam.hub.adopt.from_curated import rename_weights
from spacy_bertfam.hub.adopt.sentencepiece import CONTROL, NORMAL, UNKNOWN, read_sentencepiece

if CURATED_IS_THERE:
    from standins import curated

TEXTS = (
    "L'été, Zoé Martin — de Saint-Étienne — dit : « non » (deux fois) !",
    "Les grandes villes : Brest, Nantes et Rouen.",
    "The company hired Mary Vance's engineers; isn't it?",
    "a",
)


@pytest.mark.curated
@pytest.mark.parametrize("kind", ["bert", "bert-uncased", "roberta", "camembert", "xlm-roberta"])
def test_every_family_gives_the_same_vectors(kind, tmp_path):
    from transformers import AutoModel

    folder = make_tiny_encoder(kind, tmp_path / "encoder", max_positions=128)
    nlp = spacy.blank("fr")
    curated.add_encoder(nlp, kind, folder)
    tok2vec = listener("curated_transformer")
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": tok2vec}})
    gold = examples(nlp)
    with nlp.select_pipes(enable=["tagger"]):
        nlp.initialize(lambda: gold)
    adopted, difference = adopt(nlp, TEXTS)
    assert difference.n_longer == 0
    assert 0 < difference.in_window < 1e-5
    network = encoder_shim(adopted.get_pipe("transformer").model).loaded.network
    original = AutoModel.from_pretrained(folder).state_dict()
    for name, weights in network.state_dict().items():
        if "pooler" not in name:
            assert torch.equal(weights, original[name]), name


@pytest.mark.curated
def test_the_weights_of_an_albert_get_their_names_back(tmp_path):
    from curated_transformers.models.hf_util import convert_hf_pretrained_model_parameters
    from transformers import AutoModel

    network = AutoModel.from_pretrained(make_tiny_encoder("albert", tmp_path / "albert"))
    renamed = rename_weights(convert_hf_pretrained_model_parameters(network))
    original = network.state_dict()
    assert renamed.keys() == {
        name for name in original if not name.startswith("pooler") and "_ids" not in name
    }
    assert all(torch.equal(weights, original[name]) for name, weights in renamed.items())


def test_a_parameter_without_a_place_is_named():
    with pytest.raises(ValueError, match=r"'adapter.weight', which has no place"):
        rename_weights({"curated_encoder.adapter.weight": torch.zeros(1)})


def test_a_sentencepiece_model_is_read():
    found = read_sentencepiece(sentencepiece_bytes([("▁Paris", -2.5), ("é", -7.25)]))
    assert found.pieces == (
        ("<unk>", 0.0, UNKNOWN),
        ("<s>", 0.0, CONTROL),
        ("</s>", 0.0, CONTROL),
        ("▁Paris", -2.5, NORMAL),
        ("é", -7.25, NORMAL),
    )
    assert (found.unknown, found.charsmap, found.add_prefix, found.trim_spaces) == (0, b"", True, True)


def test_a_model_of_another_type_is_refused():
    unigram = sentencepiece_bytes([("a", -1.0)])
    with pytest.raises(ValueError, match=r"of type 2 .* expected a unigram model"):
        read_sentencepiece(unigram.replace(b"\x18\x01\xc0\x02", b"\x18\x02\xc0\x02"))


@pytest.mark.parametrize("n_kept", [1, 2, 5, 20])
def test_a_damaged_model_is_refused(n_kept):
    with pytest.raises(ValueError, match="SentencePiece model"):
        read_sentencepiece(sentencepiece_bytes([("a", -1.0)])[:n_kept])


@pytest.mark.curated
def test_a_real_sentencepiece_model_gives_the_same_pieces(tmp_path):
    sentencepiece = pytest.importorskip("sentencepiece")
    from curated_tokenizers import SentencePieceProcessor
    from tiny.texts import TEXTS as CORPUS

    from spacy_bertfam.hub.adopt.curated_pieces import build_tokenizer

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS),
        model_prefix=str(tmp_path / "model"),
        vocab_size=300,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    assert read_sentencepiece((tmp_path / "model.model").read_bytes()).charsmap, "it normalizes"
    nlp = spacy.blank("fr")
    architecture = "spacy-curated-transformers.CamembertSentencepieceEncoder.v1"
    model = spacy.registry.architectures.get(architecture)()
    processor = SentencePieceProcessor.from_file(str(tmp_path / "model.model"))
    model.get_ref("encoder").attrs["sentencepiece_processor"] = processor
    tokenizer, _ = build_tokenizer(model, architecture)
    texts = (*TEXTS, "ﬁn Ⅻ ½ e\u0301te\u0301 10\u00a0000 a\u200bb", "“Œuvre” … 東京 😀")
    for doc in map(nlp.make_doc, texts):
        expected = model.predict([doc])[0].dataXd.tolist()
        words = [(doc[t.i - 1].whitespace_ if t.i else "") + t.text for t in doc if not t.is_space]
        assert tokenizer.encode(words, is_pretokenized=True).ids == expected, doc.text
