"""What `bertfam adopt` cannot carry over is refused, by its name in the config."""

import pytest
import spacy
from standins.generations import BOTH
from standins.pipelines import listener

from spacy_bertfam.hub.adopt.adopt import adopt
from spacy_bertfam.hub.adopt.curated_pieces import build_tokenizer
from spacy_bertfam.hub.adopt.from_curated import write_curated
from spacy_bertfam.hub.adopt.listeners import common_pooling, find_foreign, find_listeners

CURATED_ENCODER = "spacy-curated-transformers.BertTransformer.v1"


def heads(*poolings: str) -> dict:
    """Components that listen to "transformer", each with a pooling of its own."""
    return {
        f"head{i}": {"model": {"tok2vec": listener("transformer", pooling)}}
        for i, pooling in enumerate(poolings)
    }


@pytest.mark.parametrize(
    "layer, pooling",
    [
        ("reduce_mean.v1", "mean"),
        ("reduce_first.v1", "first"),
        ("reduce_last.v1", "last"),
        ("reduce_max.v1", "max"),
    ],
)
def test_pooling_is_that_of_the_listeners(layer, pooling):
    assert common_pooling(find_listeners(heads(layer, layer), "transformer")) == pooling


def test_a_pooling_that_no_encoder_has_is_refused():
    with pytest.raises(ValueError, match=r"'head0' pools pieces by 'reduce_sum.v1'; expected one of"):
        find_listeners(heads("reduce_sum.v1"), "transformer")


def test_heads_that_pool_differently_are_refused():
    with pytest.raises(ValueError, match="mean in 'head0', first in 'head1'"):
        common_pooling(find_listeners(heads("reduce_mean.v1", "reduce_first.v1"), "transformer"))


def test_a_pipeline_in_which_nobody_listens_is_refused():
    with pytest.raises(ValueError, match="No component of the pipeline listens"):
        common_pooling(find_listeners(heads("reduce_mean.v1"), "another"))


def test_what_is_left_of_a_package_is_found_by_its_place():
    config = {"components": {"head": {"model": {"tok2vec": {"@architectures": "spacy-transformers.X.v1"}}}}}
    assert list(find_foreign(config)) == [("components.head.model.tok2vec", "spacy-transformers.X.v1")]


@pytest.mark.parametrize("generation", BOTH)
def test_another_function_of_the_package_is_refused(generation, standin):
    nlp = spacy.load(standin("fr", generation))
    nlp.config["training"]["logger"] = {"@loggers": "spacy-transformers.Logger.v1"}
    with pytest.raises(ValueError, match=r"'spacy-transformers.Logger.v1' in \[training.logger\]"):
        adopt(nlp, ["Il pleut."])


@pytest.mark.parametrize(
    "settings, found",
    [
        ({"@architectures": "my.Transformer.v1"}, "my.Transformer.v1"),
        ({"@architectures": CURATED_ENCODER, "torchscript": True}, "torchscript = true"),
        ({"@architectures": CURATED_ENCODER, "wrapped_listener": {}}, "wrapped_listener"),
    ],
)
def test_an_encoder_that_has_no_names_for_its_weights_is_refused(settings, found, tmp_path):
    with pytest.raises(ValueError, match=found):
        write_curated(None, settings, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.curated
def test_pieces_of_single_characters_are_refused():
    name = "spacy-curated-transformers.CharEncoder.v1"
    with pytest.raises(ValueError, match=f"{name}.* cannot be rebuilt"):
        build_tokenizer(spacy.registry.architectures.get(name)(), name)
