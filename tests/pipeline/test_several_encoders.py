"""Where a pipeline has several encoders, a head reads the vectors of the one that it names, whatever is done."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import spacy
from small_corpus import CNN, TEXTS, encoder_config, head_config, make_examples, train
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from tiny.folder import make_tiny_encoder

from spacy_bertfam.errors import UserError
from spacy_bertfam.pipeline.find import find_encoder, find_ner

OURS, SPACY = "spacy-bertfam.EncoderListener.v1", "spacy.Tok2VecListener.v1"
LONG = " ".join(TEXTS) * 3
ORDERS = (
    ("enc_a", "enc_c", "ner_a", "ner_c", "tagger_a", "tagger_c"),
    ("enc_c", "enc_a", "tagger_c", "ner_a", "tagger_a", "ner_c"),
    ("enc_a", "ner_a", "enc_c", "tagger_a", "tagger_c", "ner_c"),
)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two encoders of the same width that have nothing in common, and a wider one."""
    root = tmp_path_factory.mktemp("encoders")
    return {
        "a": make_tiny_encoder("bert", root / "a", seed=1),
        "c": make_tiny_encoder("roberta", root / "c", seed=2),
        "wide": make_tiny_encoder("bert", root / "wide", hidden_size=48, seed=3),
    }


def listener(upstream: str, kind: str = OURS) -> dict[str, Any]:
    width = {"width": 32} if kind == SPACY else {}
    return {"@architectures": kind, "upstream": upstream, **width}


def add(nlp: Language, name: str, folders: dict[str, Path]) -> None:
    """Add `enc_X`, or a head that names it."""
    kind, _, which = name.partition("_")
    upstream = f"enc_{which}"
    if kind == "enc":
        nlp.add_pipe("bertfam_encoder", name=name, config={"model": encoder_config(folders[which])})
    elif kind == "ner":
        config = {"model": head_config(listener(upstream)), "overwrite_ents": True}
        nlp.add_pipe("bertfam_ner", name=name, config=config)
    else:
        model = {"@architectures": "spacy.Tagger.v2", "tok2vec": listener(upstream, SPACY)}
        nlp.add_pipe("tagger", name=name, config={"model": model, "overwrite": True})


def examples(nlp: Language) -> list[Example]:
    found = make_examples(nlp)
    for eg in found:
        for token in eg.reference:
            token.tag_ = str(len(token.text) % 4)
    return found


def build(names: tuple[str, ...], folders: dict[str, Path]) -> Language:
    nlp = spacy.blank("fr")
    for name in names:
        add(nlp, name, folders)
    gold = examples(nlp)
    nlp.initialize(lambda: gold)
    train(nlp, gold, n_steps=8)
    return nlp


@pytest.fixture(
    scope="session",
    params=[ORDERS[0], *(pytest.param(order, marks=pytest.mark.slow) for order in ORDERS[1:])],
    ids="-".join,
)
def saved(
    request: pytest.FixtureRequest, folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("several") / "pipeline"
    build(request.param, folders).to_disk(path)
    return path


@pytest.fixture
def nlp(saved: Path) -> Language:
    return spacy.load(saved)


@pytest.fixture(scope="session")
def shared(saved: Path) -> Language:
    """To be read only."""
    return spacy.load(saved)


def outputs(doc: Doc, head: str) -> Any:
    """What the head that ran last has left."""
    if head.startswith("ner"):
        return [(ent.start, ent.end, ent.label_, round(ent._.score, 4)) for ent in doc.ents]
    return [token.tag_ for token in doc]


def alone(path: Path, head: str) -> list[Any]:
    """What a head finds when no other encoder is there."""
    nlp = spacy.load(path)
    for name in nlp.pipe_names:
        if name not in (head, f"enc_{head[-1]}"):
            nlp.remove_pipe(name)
    return [outputs(doc, head) for doc in nlp.pipe([*TEXTS, LONG])]


HEADS = ("ner_a", "ner_c", "tagger_a", "tagger_c")


@pytest.fixture(scope="session")
def expected(saved: Path) -> dict[str, list[Any]]:
    found = {head: alone(saved, head) for head in HEADS}
    assert found["ner_a"] != found["ner_c"], "the heads do not differ: the tests compare nothing"
    return found


def by_head(nlp: Language, head: str, **options: Any) -> list[Any]:
    """What a head finds in the whole pipeline; of the heads only it runs, so that nothing is written over."""
    with nlp.select_pipes(disable=[name for name in HEADS if name != head]):
        return [outputs(doc, head) for doc in nlp.pipe([*TEXTS, LONG], **options)]


@pytest.mark.parametrize("head", HEADS)
def test_each_head_finds_what_it_finds_alone(shared: Language, expected: dict[str, Any], head: str) -> None:
    assert by_head(shared, head) == expected[head]
    assert by_head(shared, head, batch_size=2) == expected[head]


@pytest.mark.parametrize("head", ["ner_a", "tagger_a", "tagger_c"])
def test_so_it_does_in_two_processes(shared: Language, expected: dict[str, Any], head: str) -> None:
    assert by_head(shared, head, n_process=2) == expected[head]


def hand_over(nlp: Language, doc: Doc) -> Doc:
    return doc


def through_bytes(nlp: Language, doc: Doc) -> Doc:
    return Doc(nlp.vocab).from_bytes(doc.to_bytes())


def copied(nlp: Language, doc: Doc) -> Doc:
    return doc.copy()


@pytest.mark.parametrize("passed_on", [hand_over, through_bytes, copied])
@pytest.mark.parametrize("head", HEADS)
def test_component_by_component(
    shared: Language, expected: dict[str, Any], head: str, passed_on: Callable[[Language, Doc], Doc]
) -> None:
    for text, wanted in zip([*TEXTS, LONG], expected[head], strict=True):
        doc = shared.make_doc(text)
        for name in shared.pipe_names:
            if name == head or name.startswith("enc"):
                doc = passed_on(shared, shared.get_pipe(name)(doc))
        assert outputs(doc, head) == wanted


@pytest.mark.parametrize("head", HEADS)
def test_the_same_doc_twice(shared: Language, expected: dict[str, Any], head: str) -> None:
    with shared.select_pipes(disable=[name for name in HEADS if name != head]):
        assert outputs(shared(shared(TEXTS[0])), head) == expected[head][0]


@pytest.mark.parametrize("name", ["enc_a", "enc_c"])
def test_loaded_without_an_encoder_that_is_enabled_later(
    saved: Path, expected: dict[str, Any], name: str
) -> None:
    nlp = spacy.load(saved, disable=[name])
    nlp.enable_pipe(name)
    assert {head: by_head(nlp, head) for head in HEADS} == expected


@pytest.mark.parametrize("how", ["disable", "exclude", "select_pipes"])
@pytest.mark.parametrize("head", HEADS)
def test_a_head_without_its_encoder_says_so(saved: Path, head: str, how: str) -> None:
    own = f"enc_{head[-1]}"
    others = [name for name in HEADS if name != head]
    if how == "select_pipes":
        nlp = spacy.load(saved)
        nlp.select_pipes(disable=[own, *others])
    else:
        nlp = spacy.load(saved, **{how: [own, *others]})
    other = "enc_a" if own == "enc_c" else "enc_c"
    if nlp.pipe_names[0] == head and head.startswith("tagger"):
        pytest.skip("spaCy's listener without any encoder before it hands out zeros")
    with pytest.raises(UserError, match=rf"'{own}'.* has not run"):
        nlp(TEXTS[0])
    assert other in nlp.pipe_names


def test_merged_tokens_have_the_row_that_spacy_gives_them(shared: Language) -> None:
    from spacy_bertfam.listeners.doc_vectors import find_rows

    doc = shared.make_doc(TEXTS[0])
    encoders = [name for name in shared.pipe_names if name.startswith("enc")]
    single = {}
    for name in encoders:
        other = shared.get_pipe(name)(shared.make_doc(TEXTS[0]))
        merge(other)
        single[name] = other.tensor[: len(other)]
    for name in encoders:
        doc = shared.get_pipe(name)(doc)
    merge(doc)
    for name in encoders:
        rows = find_rows(doc, name)
        assert rows is None or np.array_equal(rows, single[name])
    assert find_rows(doc, encoders[0]) is not None


def merge(doc: Doc) -> None:
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
        retokenizer.split(doc[4], ["Ro", "uen"], heads=[(doc[4], 1), doc[3]])


def test_nothing_is_left_behind_the_cleaner(nlp: Language) -> None:
    nlp.add_pipe("bertfam_cleaner")
    doc = nlp(TEXTS[0])
    assert doc.tensor.size == 0
    assert not any("bertfam" in key[1] for key in doc.user_data)


def test_only_what_is_read_later_is_kept(folders: dict[str, Path]) -> None:
    nlp = build(("enc_a", "ner_a", "enc_c", "ner_c"), folders)
    kept = nlp(TEXTS[0]).user_data[("._.", "bertfam_encoders", 0, None)]
    assert kept == {"enc_a": {}, "enc_c": {}}
    assert not any(
        key[1] == "bertfam_encoders" for key in build(("enc_a", "ner_a"), folders)(TEXTS[0]).user_data
    )


def test_frozen_encoders_that_annotate_teach_their_own_heads(
    nlp: Language, expected: dict[str, Any], saved: Path
) -> None:
    single = spacy.load(saved)
    for name in single.pipe_names:
        if name not in ("enc_a", "ner_a"):
            single.remove_pipe(name)
    losses = []
    for each in (nlp, single):
        encoders = [name for name in each.pipe_names if name.startswith("enc")]
        frozen = [name for name in each.pipe_names if name != "ner_a"]
        found: dict[str, float] = {}
        each.update(examples(each), sgd=False, losses=found, exclude=frozen, annotates=encoders)
        losses.append(found["ner_a"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_threads_share_a_pipeline(nlp: Language, expected: dict[str, Any]) -> None:
    wrong = []

    def read(head: str) -> None:
        for text, wanted in zip(TEXTS, expected[head], strict=False):
            doc = nlp.make_doc(text)
            for name in nlp.pipe_names:
                if name == head or name.startswith("enc"):
                    doc = nlp.get_pipe(name)(doc)
            if outputs(doc, head) != wanted:
                wrong.append((head, text))

    threads = [Thread(target=read, args=(head,)) for head in HEADS * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_listener_that_names_none_of_two_encoders_is_an_error(folders: dict[str, Path]) -> None:
    nlp = spacy.blank("fr")
    for name in ("enc_a", "enc_c"):
        add(nlp, name, folders)
    nlp.add_pipe("bertfam_ner", name="ner")
    with pytest.raises(UserError, match=r"'ner' listens to any encoder.*enc_a, enc_c.*`upstream`"):
        nlp.initialize(lambda: make_examples(nlp))


def test_so_it_is_where_the_second_one_came_later(
    trained: Language, folders: dict[str, Path], tmp_path: Path
) -> None:
    add(trained, "enc_c", folders)
    trained.get_pipe("enc_c").initialize(lambda: make_examples(trained), nlp=trained)
    assert trained(TEXTS[0]).ents  # it stands after the recognizer
    second = spacy.blank("fr")
    for name in ("encoder", "enc_c", "ner"):
        second.add_pipe(name, source=trained)
    with pytest.raises(UserError, match=r"several before it \(encoder, enc_c\).*spacy\.load"):
        second(TEXTS[0])
    with pytest.raises(UserError, match=r"'ner' listens to any encoder.*encoder, enc_c"):
        find_encoder(second, find_ner(second))
    expected = outputs(trained(TEXTS[0]), "ner")
    second.to_disk(tmp_path)
    again = spacy.load(tmp_path, config={"components.ner.model.tok2vec.upstream": "encoder"})
    assert outputs(again(TEXTS[0]), "ner") == expected


def test_documents_have_their_vector_by_the_encoder_that_is_named(folders: dict[str, Path]) -> None:
    nlp = spacy.blank("fr")
    for which in "ac":
        add(nlp, f"enc_{which}", folders)
    for which in "ac":
        model = {
            "@architectures": "spacy-bertfam.TextCatClassifier.v1",
            "pooling": "cls",
            "exclusive_classes": True,
            "tok2vec": listener(f"enc_{which}"),
        }
        nlp.add_pipe("textcat", name=f"cat_{which}", config={"model": model})
    gold = make_examples(nlp)
    for i, eg in enumerate(gold):
        eg.reference.cats = {"X": float(i % 2), "Y": float(i % 2 == 0)}
    nlp.initialize(lambda: gold)
    for which in "ac":
        doc, other = nlp.make_doc(TEXTS[0]), nlp.make_doc(TEXTS[0])
        with nlp.select_pipes(enable=["enc_a", "enc_c", f"cat_{which}"]):
            doc = nlp(doc)
        with nlp.select_pipes(enable=[f"enc_{which}", f"cat_{which}"]):
            other = nlp(other)
        assert doc.cats == other.cats
    with (
        nlp.select_pipes(enable=["enc_c", "cat_a"]),
        pytest.raises(UserError, match=r"'enc_a'.* has not run"),
    ):
        nlp(TEXTS[0])


def test_replace_listeners_takes_the_encoder_that_is_named(nlp: Language, expected: dict[str, Any]) -> None:
    nlp.replace_listeners("enc_a", "ner_a", ["model.tok2vec"])
    nlp.disable_pipe("enc_a")
    nlp.select_pipes(enable=["enc_c", "ner_a"])
    assert [outputs(doc, "ner_a") for doc in nlp.pipe([*TEXTS, LONG])] == expected["ner_a"]


@pytest.mark.parametrize("kept_by", ["rename", "source", "disk"])
def test_the_only_encoder_may_have_another_name(
    nlp: Language, expected: dict[str, Any], saved: Path, kept_by: str, tmp_path: Path
) -> None:
    for name in nlp.pipe_names:
        if name not in ("enc_a", "ner_a"):
            nlp.remove_pipe(name)
    if kept_by == "source":
        other = spacy.blank("fr")
        other.add_pipe("enc_a", name="camembert", source=nlp)
        other.add_pipe("ner_a", source=nlp)
        nlp = other
    else:
        nlp.rename_pipe("enc_a", "camembert")
    if kept_by == "disk":
        nlp.to_disk(tmp_path)
        nlp = spacy.load(tmp_path)
    assert [outputs(doc, "ner_a") for doc in nlp.pipe([*TEXTS, LONG])] == expected["ner_a"]


def test_docs_are_put_together_without_a_warning(shared: Language, recwarn: pytest.WarningsRecorder) -> None:
    parts = [shared(text) for text in TEXTS[:2]]
    doc = Doc.from_docs(parts)
    assert not recwarn.list
    for name in shared.pipe_names:
        if name.startswith("ner"):
            try:
                [found] = shared.get_pipe(name).predict([doc])
            except UserError as error:
                assert "has not run on this Doc" in str(error)
            else:
                assert found


def test_a_cnn_after_the_encoder_leaves_its_head_alone(folders: dict[str, Path]) -> None:
    nlp = spacy.blank("fr")
    add(nlp, "enc_a", folders)
    nlp.add_pipe("tok2vec", config={"model": {**CNN, "width": 32}})
    add(nlp, "ner_a", folders)
    nlp.initialize(lambda: make_examples(nlp))
    train(nlp, make_examples(nlp), n_steps=8)
    expected = [outputs(doc, "ner_a") for doc in nlp.pipe(TEXTS)]
    nlp.remove_pipe("tok2vec")
    assert [outputs(doc, "ner_a") for doc in nlp.pipe(TEXTS)] == expected


def test_a_cnn_in_the_place_of_a_disabled_encoder_is_not_read(folders: dict[str, Path]) -> None:
    nlp = spacy.blank("fr")
    nlp.add_pipe("tok2vec", config={"model": {**CNN, "width": 32}})
    add(nlp, "enc_a", folders)
    add(nlp, "ner_a", folders)
    nlp.initialize(lambda: make_examples(nlp))
    nlp.disable_pipe("enc_a")
    with pytest.raises(UserError, match=r"'enc_a'.* has not run"):
        nlp(TEXTS[0])


def pair(folder: Path) -> Language:
    nlp = spacy.blank("fr")
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": encoder_config(folder)})
    nlp.add_pipe("bertfam_ner", name="ner")
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


def test_a_head_for_vectors_of_another_width_is_refused(
    trained: Language, trained_folder: Path, folders: dict[str, Path], tmp_path: Path
) -> None:
    nlp = pair(folders["wide"])
    nlp.remove_pipe("ner")
    with pytest.raises(UserError, match=r"'ner' was trained on vectors of 32 columns.*'encoder' has 48"):
        nlp.add_pipe("ner", source=trained)
    other = pair(folders["wide"])
    other.to_disk(tmp_path / "wide")
    spacy.load(trained_folder).get_pipe("ner").to_disk(tmp_path / "wide" / "ner")
    with pytest.raises(UserError, match=r"'ner' was trained on vectors of 32 columns.*'encoder' has 48"):
        spacy.load(tmp_path / "wide")


def test_a_split_token_leaves_the_rows_of_the_others_to_them(reader: Language) -> None:
    plain, doc = reader.make_doc(TEXTS[1]), reader.make_doc(TEXTS[0])
    encoder, ner = reader.get_pipe("encoder"), reader.get_pipe("ner")
    expected = ner.predict([encoder(plain)])
    doc = encoder(doc)
    with doc.retokenize() as retokenizer:
        retokenizer.split(doc[4], ["Ro", "uen"], heads=[(doc[4], 1), doc[3]])
    found = ner.predict([doc, plain])
    assert [span[:3] for span in found[1]] == [span[:3] for span in expected[0]]
    doc.tensor = doc.tensor[:3]
    with pytest.raises(UserError, match=r"for each of the 7 tokens.*32 columns and 3 rows"):
        ner.predict([doc])


def test_a_part_of_a_doc_does_not_say_whose_its_vectors_are(shared: Language) -> None:
    part = shared(TEXTS[0])[:2].as_doc()
    with pytest.raises(UserError, match=r"has not run.*Span.as_doc\(\) has made the Doc, give it to nlp"):
        shared.get_pipe("ner_a")(part)
    assert shared(part).ents is not None
