"""A head remembers which encoder it was trained on: another one in its place is noticed, training on is not."""

import copy
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import spacy
from small_corpus import TEXTS, all_scores, encoder_config, make_examples, shared_pipeline, train
from spacy.language import Language
from spacy.training import Example
from tiny.folder import make_tiny_encoder

from spacy_bertfam.listeners.linked import LINK, linked_encoder
from spacy_bertfam.optimize.optimize import Plan, optimize

MESSAGE = r"'{}' was trained on the vectors of another encoder than 'encoder'"


@pytest.fixture(scope="session")
def other_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline of the same names and sizes, whose encoder is another one."""
    root = tmp_path_factory.mktemp("other")
    nlp = shared_pipeline(make_tiny_encoder("bert", root / "checkpoint", seed=5))
    nlp.initialize(lambda: make_examples(nlp))
    train(nlp, make_examples(nlp), n_steps=2)
    nlp.to_disk(root / "pipeline")
    return root / "pipeline"


@pytest.fixture
def silent(recwarn: pytest.WarningsRecorder) -> Iterator[None]:
    yield
    assert not [str(w.message) for w in recwarn.list if "another encoder" in str(w.message)]


def add_tagger(nlp: Language, architecture: str = "spacy.Tok2VecListener.v1") -> list[Example]:
    """RETURNS (list): what it learns from."""
    width = {"width": 32} if architecture.startswith("spacy.") else {}
    tok2vec = {"@architectures": architecture, "upstream": "encoder", **width}
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": tok2vec}})
    examples = make_examples(nlp)
    for eg in examples:
        for token in eg.reference:
            token.tag_ = "CAP" if token.is_title else "LOW"
    return examples


# -- noticed


def test_a_head_from_another_pipeline_is_noticed(trained: Language, other_folder: Path) -> None:
    nlp = spacy.load(other_folder, exclude=["ner"])
    with pytest.warns(UserWarning, match=MESSAGE.format("ner")):
        nlp.add_pipe("ner", source=trained)


@pytest.mark.parametrize("architecture", ["spacy.Tok2VecListener.v1", "spacy-bertfam.EncoderListener.v1"])
@pytest.mark.parametrize("is_saved", [True, False])
def test_so_is_one_of_spacy(
    trained: Language, other_folder: Path, tmp_path: Path, architecture: str, is_saved: bool
) -> None:
    examples = add_tagger(trained, architecture)
    trained.get_pipe("tagger").initialize(lambda: examples, nlp=trained)
    train(trained, examples, n_steps=1)
    if is_saved:
        trained.to_disk(tmp_path)
        trained = spacy.load(tmp_path)
    nlp = spacy.load(other_folder)
    with pytest.warns(UserWarning, match=MESSAGE.format("tagger")):
        nlp.add_pipe("tagger", source=trained)


def test_an_encoder_that_was_put_in_the_place_of_another_is_noticed(
    trained_folder: Path, other_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained_folder, tmp_path / "pipeline")
    shutil.rmtree(tmp_path / "pipeline" / "encoder")
    shutil.copytree(other_folder / "encoder", tmp_path / "pipeline" / "encoder")
    with pytest.warns(UserWarning, match=MESSAGE.format("ner")):
        nlp = spacy.load(tmp_path / "pipeline")
    nlp.to_disk(tmp_path / "again")
    with pytest.warns(UserWarning, match=MESSAGE.format("ner")):
        spacy.load(tmp_path / "again")


def test_other_pieces_of_each_token_are_noticed(trained_folder: Path) -> None:
    with pytest.warns(UserWarning, match=MESSAGE.format("ner")):
        spacy.load(trained_folder, config={"components.encoder.model.pooling": "mean"})


def test_a_frozen_head_under_which_the_encoder_was_trained_is_noticed(
    trained: Language, tmp_path: Path
) -> None:
    examples = add_tagger(trained)
    trained.get_pipe("tagger").initialize(lambda: examples, nlp=trained)
    train(trained, examples, n_steps=3, exclude=["ner"])
    trained.to_disk(tmp_path)
    with pytest.warns(UserWarning) as recorded:
        spacy.load(tmp_path)
    assert [str(w.message).split("'")[1] for w in recorded] == ["ner"]


def test_a_new_encoder_under_a_sourced_head_is_noticed_until_both_are_trained(
    trained_folder: Path, folder: Path, tmp_path: Path
) -> None:
    config = {
        "nlp": {"lang": "fr", "pipeline": ["encoder", "ner"]},
        "components": {
            "encoder": {"factory": "bertfam_encoder", "model": encoder_config(folder)},
            "ner": {"source": str(trained_folder)},
        },
    }
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    with pytest.warns(UserWarning, match=MESSAGE.format("ner")), nlp.select_pipes(disable=["ner"]):
        nlp.initialize(lambda: make_examples(nlp))
        nlp.enable_pipe("ner")
        nlp._link_components()
    train(nlp, make_examples(nlp), n_steps=1)
    nlp.to_disk(tmp_path)
    assert_silent(lambda: spacy.load(tmp_path))


def assert_silent(load: Callable[[], Any]) -> Any:
    with pytest.warns(UserWarning) as recorded:
        found = load()
        import warnings

        warnings.warn("one at least", UserWarning, stacklevel=1)
    assert [str(w.message) for w in recorded] == ["one at least"]
    return found


# -- not noticed


@pytest.mark.usefixtures("silent")
def test_training_on_saving_and_loading_is_none_of_it(trained: Language, tmp_path: Path) -> None:
    for _ in range(2):
        train(trained, make_examples(trained), n_steps=2)
        trained.add_pipe("sentencizer", name=f"sentencizer{_}")  # links anew
        trained.to_disk(tmp_path)
        trained = spacy.load(tmp_path)
        trained = spacy.blank("fr").from_config(trained.config).from_bytes(trained.to_bytes())
    assert linked_encoder(trained.get_pipe("ner").model.get_ref("tok2vec")).trained_on


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("settings", [{"exclude": ["encoder"], "annotates": ["encoder"]}, {}])
def test_a_new_head_on_a_loaded_encoder(trained: Language, tmp_path: Path, settings: dict[str, Any]) -> None:
    examples = add_tagger(trained)
    trained.get_pipe("tagger").initialize(lambda: examples, nlp=trained)
    train(trained, examples, n_steps=2, **settings)
    trained.to_disk(tmp_path)
    spacy.load(tmp_path)


@pytest.mark.usefixtures("silent")
def test_both_from_the_same_pipeline(trained: Language, trained_folder: Path, tmp_path: Path) -> None:
    nlp = spacy.blank("fr")
    nlp.add_pipe("encoder", source=trained)
    nlp.add_pipe("ner", source=trained)
    assert all_scores(nlp) == all_scores(spacy.load(trained_folder))
    again = spacy.load(trained_folder, exclude=["ner"])
    again.add_pipe("ner", source=nlp)
    again.to_disk(tmp_path)
    spacy.load(tmp_path)


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("drop_torch", [False, True])
def test_a_pipeline_for_another_engine(trained: Language, tmp_path: Path, drop_torch: bool) -> None:
    pytest.importorskip("onnxruntime")
    optimize(trained, Plan("onnxruntime", "int8", drop_torch=drop_torch))
    trained.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    nlp.to_disk(tmp_path / "again")
    spacy.load(tmp_path / "again")


@pytest.mark.usefixtures("silent")
def test_settings_that_change_no_vector(trained_folder: Path) -> None:
    model = {"window": 16, "overlap": 4, "precision": "bf16", "threads": 1, "mixed_precision": "bf16"}
    spacy.load(trained_folder, config={"components": {"encoder": {"model": model}}})(TEXTS[0])


@pytest.mark.usefixtures("silent")
def test_a_pipeline_of_an_earlier_version(trained: Language, other_folder: Path, tmp_path: Path) -> None:
    del trained.get_pipe("ner").model.get_ref("tok2vec").attrs[LINK]
    trained.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    train(nlp, make_examples(nlp), n_steps=1)
    nlp.to_disk(tmp_path)
    assert linked_encoder(spacy.load(tmp_path).get_pipe("ner").model.get_ref("tok2vec")).trained_on


def test_copies_and_pickles_remember_too(trained: Language) -> None:
    link = linked_encoder(trained.get_pipe("ner").model.get_ref("tok2vec"))
    expected = trained.get_pipe("encoder").fingerprint()
    assert expected and link.component is trained.get_pipe("encoder")
    for again in (copy.deepcopy(link), pickle.loads(pickle.dumps(link))):
        assert (again.trained_on, again.component) == (expected, None)


def test_an_encoder_is_not_kept_alive_by_its_heads(trained: Language) -> None:
    link = linked_encoder(trained.get_pipe("ner").model.get_ref("tok2vec"))
    trained.remove_pipe("encoder")
    import gc

    gc.collect()
    assert link.component is None
