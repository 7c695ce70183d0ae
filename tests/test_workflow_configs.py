"""The configs of the workflows beside `ner`: in step with its config, complete, and trained by spaCy's commands."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import spacy
import tiny_treebank
from spacy.cli._util import app as spacy_app
from spacy.cli.init_config import fill_config
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.util import load_config
from typer.testing import CliRunner

from spacy_bertfam.cli import spacy_entry  # noqa: F401  what spaCy does for its command line

ROOT = Path(__file__).parent.parent
PARTS = ["fr_full", "fr_qa", "fr_spancat", "fr_textcat", "fr_textcat_multilabel", "ner_distilled"]
TEXTS = ["Anne habite à Rennes.", "Marc Petit parle à Zoé.", "Il pleut sur la ville de Saint-Malo."]


def file_of(name: str) -> Path:
    return ROOT / "configs" / f"{name}.cfg"


# what a workflow's task asks for; the rest of [training], [system] and the encoder is that of ner_shared.cfg
OWN = {
    "training.score_weights", "training.before_update", "components.encoder.model.n_layers",
    "training.batcher.size",
}  # fmt: skip


def flat(block: Any, path: str = "") -> dict[str, Any]:
    if path in OWN or not isinstance(block, dict) or not block:
        return {} if path in OWN else {path: block}
    return {
        key: value
        for name, inner in block.items()
        for key, value in flat(inner, f"{path}.{name}".lstrip(".")).items()
    }


@pytest.mark.parametrize("name", PARTS)
def test_a_config_is_in_step_with_that_of_the_recognizer(name):
    pattern = load_config(file_of("ner_shared"), interpolate=False)
    found = load_config(file_of(name), interpolate=False)
    for block in ("system", "training"):
        assert flat(found[block], block) == flat(pattern[block], block)
    for component in pattern["components"].keys() & found["components"].keys():
        place = f"components.{component}"
        assert flat(found["components"][component], place) == flat(pattern["components"][component], place)


@pytest.mark.parametrize("name", PARTS)
def test_nothing_is_left_for_fill_config_to_add(name, tmp_path):
    _, filled = fill_config(tmp_path / "filled.cfg", file_of(name), silent=True)
    assert filled == load_config(file_of(name), interpolate=False)


@pytest.mark.parametrize("name", PARTS)
def test_debug_config_of_spacy_resolves_every_block(name, tmp_path):
    paths = ["--paths.train", "train.spacy", "--paths.dev", "dev.spacy"]
    if name == "fr_full":
        paths += ["--paths.treebank_train", "treebank", "--paths.treebank_dev", "treebank"]
    if name == "ner_distilled":
        spacy.blank("fr").to_disk(tmp_path / "teacher")
        paths += ["--paths.teacher", str(tmp_path / "teacher")]
    result = CliRunner().invoke(spacy_app, ["debug", "config", str(file_of(name)), *paths])
    assert result.exit_code == 0, f"{result.output}\n{result.exception}"


@pytest.mark.parametrize("name", PARTS)
def test_the_learning_rate_follows_the_encoder_and_ends_with_training(name):
    training = load_config(file_of(name))["training"]
    assert training["optimizer"]["learn_rate"]["initial_rate"] is None
    assert training["optimizer"]["learn_rate"]["total_steps"] == training["max_steps"]


def add_entities(doc: Doc) -> None:
    doc.set_ents([Span(doc, token.i, token.i + 1, "NAME") for token in doc if token.text in ("Anne", "Zoé")])


def add_cats(doc: Doc) -> None:
    doc.cats = {"RAIN": float("pleut" in doc.text), "PEOPLE": float("pleut" not in doc.text)}


def add_nested(doc: Doc) -> None:
    doc.spans["nested"] = [Span(doc, 0, 2, "LONG"), Span(doc, 0, 1, "SHORT")]


def write(nlp: Language, path: Path, annotate: Callable[[Doc], None]) -> None:
    docs = [nlp.make_doc(text) for text in TEXTS]
    for doc in docs:
        annotate(doc)
    DocBin(docs=docs).to_disk(path)


def write_treebank(folder: Path) -> Path:
    """By the command that project.yml has."""
    (folder / "fr.conllu").write_text(tiny_treebank.conllu(), encoding="utf8")
    (folder / "treebank").mkdir()
    command = ["convert", str(folder / "fr.conllu"), str(folder / "treebank"), "--converter", "conllu"]
    result = CliRunner().invoke(spacy_app, [*command, "--merge-subtokens", "--n-sents", "10"])
    assert result.exit_code == 0, result.output
    return folder / "treebank"


def train(name: str, folder: Path, encoder: Path, *, steps: int = 2, **overrides: Any) -> Language:
    """`spacy train`, in this process. RETURNS (Language): the last pipeline, loaded from disk."""
    return spacy.load(run_train(name, folder, encoder, steps=steps, **overrides))


def run_train(name: str, folder: Path, encoder: Path, *, steps: int = 2, **overrides: Any) -> Path:
    """The same. RETURNS (Path): where the last pipeline is."""
    settings = {
        "paths.train": folder / "train.spacy",
        "paths.dev": folder / "train.spacy",
        "paths.encoder": encoder,
        "training.max_steps": steps,
        "training.eval_frequency": steps,
        "training.optimizer.learn_rate.total_steps": steps,
        **overrides,
    }
    words = [word for key, value in settings.items() for word in (f"--{key}", str(value))]
    output = folder / "out"
    result = CliRunner().invoke(spacy_app, ["train", str(file_of(name)), "--output", str(output), *words])
    assert result.exit_code == 0, f"{result.output}\n{result.exception}"
    return output / "model-last"


@pytest.mark.slow
def test_a_small_recognizer_is_taught_by_a_large_one_that_may_go_then(tiny_encoder, tmp_path):
    write(spacy.blank("fr"), tmp_path / "train.spacy", add_entities)
    encoder = tiny_encoder("camembert")
    teacher = run_train("ner_shared", tmp_path, encoder).rename(tmp_path / "teacher")
    settings = {"paths.teacher": teacher, "components.encoder.model.n_layers": 1}
    made = run_train("ner_distilled", tmp_path, encoder, **settings)
    shutil.rmtree(teacher)
    nlp = spacy.load(made)
    assert nlp.get_pipe("encoder").model.shims[0].loaded.network.config.num_hidden_layers == 1
    assert nlp.get_pipe("ner").labels == ("NAME",)
    assert all(0 <= ent._.score <= 1 for ent in nlp(TEXTS[0]).ents)


def test_a_teacher_that_is_missing_stops_training_with_a_sentence(tiny_encoder, tmp_path):
    write(spacy.blank("fr"), tmp_path / "train.spacy", add_entities)
    corpus = ["--paths.train", str(tmp_path / "train.spacy"), "--paths.dev", str(tmp_path / "train.spacy")]
    paths = [*corpus, "--paths.encoder", str(tiny_encoder("bert")), "--paths.teacher", "training/none"]
    result = CliRunner().invoke(spacy_app, ["train", str(file_of("ner_distilled")), *paths])
    assert result.exit_code == 1
    assert "The teacher training/none is neither a pipeline's folder" in f"{result.output}{result.exception}"


@pytest.mark.parametrize(("name", "pooling"), [("fr_textcat", "mean"), ("fr_textcat_multilabel", "cls")])
def test_the_configs_for_categories_train_with_either_pooling(name, pooling, tiny_encoder, tmp_path):
    write(spacy.blank("fr"), tmp_path / "train.spacy", add_cats)
    pooled = {"components.textcat.model.pooling": pooling}
    nlp = train(name, tmp_path, tiny_encoder("camembert"), steps=2, **pooled)
    doc = nlp(TEXTS[0])
    assert set(doc.cats) == {"RAIN", "PEOPLE"} and doc.tensor.size == 0
    total = sum(doc.cats.values())
    assert total == pytest.approx(1.0, abs=1e-5) or name.endswith("multilabel")


@pytest.mark.slow
def test_the_config_for_questions_trains_on_what_convert_qa_writes_and_answers(tiny_encoder, tmp_path):
    lines = [
        {"context": text, "question": "Qui ?", "answers": [{"text": name, "answer_start": text.index(name)}]}
        for text, name in zip(TEXTS[:2], ("Anne", "Marc Petit"), strict=True)
    ]
    lines.append({"context": TEXTS[2], "question": "Qui ?", "answers": []})
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf8")
    command = [
        "bertfam",
        "convert-qa",
        str(tmp_path / "in.jsonl"),
        str(tmp_path / "train.spacy"),
        "--lang",
        "fr",
    ]
    assert CliRunner().invoke(spacy_app, command).exit_code == 0
    rate = {"training.optimizer.learn_rate.initial_rate": 0.01}
    sizes = {"components.qa.model.tok2vec.window": 32, "components.qa.model.tok2vec.overlap": 8}
    nlp = train("fr_qa", tmp_path, tiny_encoder("camembert"), steps=40, **rate, **sizes)
    assert nlp(TEXTS[0])._.ask("Qui ?").text == "Anne"
    assert nlp.meta["performance"]["qa_f1"] == 1
    model, metrics = str(tmp_path / "out" / "model-last"), str(tmp_path / "metrics.json")
    evaluate = ["evaluate", model, str(tmp_path / "train.spacy"), "--output", metrics]
    assert CliRunner().invoke(spacy_app, evaluate).exit_code == 0
    assert json.loads(Path(metrics).read_text(encoding="utf8"))["qa_em"] == 1


@pytest.mark.slow
def test_the_config_for_nested_entities_trains_on_what_convert_writes_of_brat(tiny_encoder, tmp_path):
    brat = tmp_path / "brat"
    brat.mkdir()
    (brat / "a.txt").write_text("Le maire de Rennes parle.", encoding="utf8")
    (brat / "a.ann").write_text("T1\tROLE 3 18\tmaire de Rennes\nT2\tTOWN 12 18\tRennes\n", encoding="utf8")
    command = ["bertfam", "convert", str(brat), str(tmp_path / "train.spacy"), "--lang", "fr"]
    result = CliRunner().invoke(spacy_app, command)
    assert result.exit_code == 0, result.output
    nlp = train("fr_spancat", tmp_path, tiny_encoder("camembert"), steps=80, **{
        "training.optimizer.learn_rate.initial_rate": 0.002,
        "training.optimizer.learn_rate.warmup_steps": 5,
        "training.dropout": 0.0,
    })  # fmt: skip
    doc = nlp("Le maire de Rennes parle.")
    found = {(span.text, span.label_) for span in doc.spans["nested"]}
    assert found == {("maire de Rennes", "ROLE"), ("Rennes", "TOWN")}


@pytest.fixture
def two_corpora(tmp_path) -> dict[str, Any]:
    write(spacy.blank("fr"), tmp_path / "train.spacy", add_entities)
    treebank = write_treebank(tmp_path)
    return {
        "paths.treebank_train": treebank,
        "paths.treebank_dev": treebank,
        "components.parser.min_action_freq": 1,
        "components.lemmatizer.min_tree_freq": 1,
    }


@pytest.mark.slow
def test_all_of_french_is_learned_from_two_corpora_at_once(two_corpora, tiny_encoder, tmp_path):
    nlp = train("fr_full", tmp_path, tiny_encoder("camembert"), steps=60, **two_corpora, **{
        "training.optimizer.learn_rate.initial_rate": 0.003,
        "training.optimizer.learn_rate.warmup_steps": 5,
        "training.dropout": 0.0,
    })  # fmt: skip
    assert nlp.pipe_names == ["encoder", "tagger", "morphologizer", "parser", "lemmatizer", "ner", "cleaner"]
    doc = nlp("Anne habite à Rennes.")
    assert [token.pos_ for token in doc] == ["PROPN", "VERB", "ADP", "PROPN", "PUNCT"]
    assert [token.lemma_ for token in doc][1] == "habiter"
    assert [token.head.i for token in doc] == [1, 1, 3, 1, 1]
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("Anne", "NAME")]
    # Zoé is marked in the corpus of entities only, maire and village stand in the treebank only
    assert [ent.text for ent in nlp("Marc Petit parle à Zoé.").ents] == ["Zoé"]
    lemmas = {token.text: token.lemma_ for token in nlp("Le maire du village parle.")}
    assert lemmas["parle"] == "parler"


def gradients(nlp: Language, examples: list) -> dict[str, float]:
    """For each head, the largest gradient that a batch leaves on its own layers."""
    nlp.update(examples, sgd=False)
    found = {}
    for name, pipe in nlp.pipeline:
        if name in ("encoder", "cleaner"):
            continue
        nodes = list(pipe.model.walk())
        grads = [node.get_grad(p) for node in nodes for p in node.param_names if node.has_grad(p)]
        found[name] = max((float(abs(grad).max()) for grad in grads), default=0.0)
        for grad in grads:
            grad.fill(0)
    return found


def test_what_a_corpus_does_not_know_it_does_not_teach(two_corpora, tiny_encoder, tmp_path):
    from spacy.training.initialize import init_nlp

    names = {**two_corpora, "paths.train": tmp_path / "train.spacy", "paths.dev": tmp_path / "train.spacy"}
    overrides = {key: value if isinstance(value, int) else str(value) for key, value in names.items()}
    overrides["paths.encoder"] = str(tiny_encoder("camembert"))
    nlp = init_nlp(load_config(file_of("fr_full"), overrides=overrides))
    corpus = spacy.util.registry.resolve(nlp.config.interpolate()["corpora"])["train"]
    examples = list(corpus(nlp))
    entities = [eg for eg in examples if eg.reference.has_annotation("ENT_IOB")]
    treebank = [eg for eg in examples if eg.reference.has_annotation("DEP")]
    assert len(entities) == 3 and len(treebank) == 1
    of_entities, of_treebank = gradients(nlp, entities), gradients(nlp, treebank)
    assert {name for name, size in of_entities.items() if size > 1e-6} == {"ner"}, of_entities
    assert {name for name, size in of_treebank.items() if size > 1e-6} == set(of_treebank) - {"ner"}, (
        of_treebank
    )
