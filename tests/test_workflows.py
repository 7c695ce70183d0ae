"""The workflows of project.yml, command by command in this process, on a tiny encoder from the hub's cache."""

import json
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import spacy
import tiny_treebank
import typer
from huggingface_hub import constants
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner
from weasel.util import load_project_config

from spacy_bertfam.cli import spacy_entry  # noqa: F401  what spaCy does for its command line

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
ENCODERS = {
    "fr_camembert_ner": ("fr", "camembert-base", "camembert"),
    "en_roberta_ner": ("en", "roberta-base", "roberta"),
    "en_scibert_ner": ("en", "allenai/scibert_scivocab_uncased", "bert"),
    "en_biobert_ner": ("en", "dmis-lab/biobert-base-cased-v1.2", "bert"),
    "xx_ner": ("xx", "xlm-roberta-base", "xlm-roberta"),
}
SENTENCES = [("Anne habite à Rennes.", [[0, 4, "NAME"]]), ("Marc Petit parle à Zoé.", [[19, 22, "NAME"]])]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone's folder, in which the process is, with a corpus whose path holds spaces."""
    for name in ("configs", "scripts", "assets"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "project.yml", tmp_path)
    records = [json.dumps({"text": text, "entities": entities}) for text, entities in SENTENCES]
    (tmp_path / "my data").mkdir()
    for part in ("train", "dev"):
        (tmp_path / "my data" / f"{part} é.jsonl").write_text("\n".join(records), encoding="utf8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("start.run_module", lambda words: run_spacy(words[1:]))
    monkeypatch.setattr("package_pipeline.build_wheel", check_package)
    return tmp_path


def check_package(folder: Path) -> None:
    """In the place of the wheel of the folder that `spacy package` makes."""
    assert (folder / "setup.py").is_file()


def put_into_cache(cache: Path, name: str, encoder: Path) -> None:
    """As the hub's client leaves what it has fetched."""
    repo, commit = cache / f"models--{name.replace('/', '--')}", "0123456789" * 4
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(commit, encoding="utf8")
    folder = shutil.copytree(encoder, repo / "snapshots" / commit)
    vocab = json.loads((folder / "tokenizer.json").read_text(encoding="utf8"))["model"]["vocab"]
    if isinstance(vocab, dict):  # what `--cased` makes a BERT's tokenizer of
        (folder / "vocab.txt").write_text("\n".join(sorted(vocab, key=vocab.__getitem__)), encoding="utf8")


def run_spacy(words: Sequence[str], app: typer.Typer = spacy_app) -> None:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, f"{words}\n{result.output}\n{result.exception}"


def run_line(line: str) -> None:
    """One command of a workflow."""
    words = shlex.split(line)
    if words[:3] == ["python", "-m", "spacy"]:
        run_spacy(words[3:])
        return
    assert words[0] == "python" and Path(words[1]).is_file()
    name, app = Path(words[1]).stem, typer.Typer()
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
        getattr(import_module(name), f"{name}_cli")
    )
    run_spacy(words[2:], app)


def run_workflow(workflow: str, **variables: Any) -> None:
    """Every command of the workflow, one training step."""
    settings = {"max_steps": 1, "eval_every": 1, **variables}
    project = load_project_config(
        Path("."), overrides={f"vars.{key}": value for key, value in settings.items()}
    )
    commands = {command["name"]: command for command in project["commands"]}
    for step in project["workflows"][workflow]:
        for line in commands[step]["script"]:
            run_line(line)
        for path in commands[step]["outputs"]:
            assert Path(path).exists() or path.endswith("/dist"), path


@pytest.mark.slow
@pytest.mark.parametrize("name", ENCODERS)
def test_a_workflow_trains_on_the_encoder_that_it_names(
    name: str, project: Path, tiny_encoder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    lang, encoder, kind = ENCODERS[name]
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(project / "cache"))
    put_into_cache(project / "cache", encoder, tiny_encoder(kind))
    corpora = {part: f"my data/{part} é.jsonl" for part in ("train", "dev")}
    run_workflow(name, lang=lang, name="mine", **corpora)
    nlp = spacy.load("training/ner/model-best")
    assert nlp.lang == lang and nlp.get_pipe("ner").labels == ("NAME",)
    (meta,) = Path("packages").glob(f"{lang}_mine-*/meta.json")
    assert "ner_loss" in meta.read_text(encoding="utf8") and "encoder_loss" not in meta.read_text(
        encoding="utf8"
    )
    assert "ENCODER_LOSS" not in (meta.parent / "README.md").read_text(encoding="utf8")
    assert all(0 <= ent._.score <= 1 for ent in nlp(SENTENCES[0][0]).ents)


def test_what_is_packaged_has_the_temperature_of_the_dev_corpus(
    project: Path, tiny_encoder: Callable[[str], Path]
) -> None:
    records = [{"text": text, "entities": ents} for text, marked in SENTENCES for ents in (marked, [])]
    (project / "my data" / "dev é.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf8")
    corpora = {part: f"my data/{part} é.jsonl" for part in ("train", "dev")}
    run_workflow("ner", lang="fr", name="mine", encoder=str(tiny_encoder("camembert")), **corpora)
    (config,) = Path("packages").glob("fr_mine-*/fr_mine/fr_mine-*/config.cfg")
    temperature = spacy.util.load_config(config)["components"]["ner"]["temperature"]
    assert temperature == spacy.load("training/ner/model-best").get_pipe("ner").temperature
    assert temperature != 1.0


@pytest.mark.slow
@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="needs onnxruntime")
def test_news_ends_with_a_small_pipeline_without_torch_weights(
    project: Path, tiny_encoder: Callable[[str], Path]
) -> None:
    text = "Anne habite à Rennes. Elle y vend du pain le lundi."
    lines = [{"text": text, "entities": [[0, 4, "Person"], [14, 20, "Location"], [45, 50, "Date"]]}] * 4
    (project / "my data" / "news.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf8")
    for part in ("fr", "en"):  # the sentences of assets/, fewer of them
        path = project / "assets" / f"{part}_train.jsonl"
        path.write_text("\n".join(path.read_text(encoding="utf8").splitlines()[:20]) + "\n", encoding="utf8")
    encoder = str(tiny_encoder("camembert"))
    run_workflow(
        "news",
        corpora="my data/news.jsonl",
        encoder=encoder,
        news_steps=1,
        news_layers=1,
        news_runtime="onnxruntime",
    )
    nlp = spacy.load("training/news/fast")
    assert set(nlp.get_pipe("ner").labels) == {"PER", "LOC", "ORG", "MISC"}
    assert not list(Path("training/news/fast").rglob("*.safetensors"))
    assert "onnxruntime" in nlp.meta["requirements"]
    assert list(Path("packages").glob("fr_bertfam_news-*/setup.py"))


def test_a_treebank_is_converted(project: Path) -> None:
    Path("my data/fr.conllu").write_text(tiny_treebank.conllu(), encoding="utf8")
    overrides = {f"vars.treebank_{part}": "my data/fr.conllu" for part in ("train", "dev")}
    commands = load_project_config(Path("."), overrides=overrides)["commands"]
    (treebank,) = (command for command in commands if command["name"] == "treebank")
    for line in treebank["script"]:
        run_line(line)
    assert all((Path(folder) / "fr.spacy").is_file() for folder in treebank["outputs"])


def test_an_encoder_of_another_language_is_refused(project: Path) -> None:
    from get_encoder import get_encoder_cli

    app = typer.Typer()
    app.command()(get_encoder_cli)
    words = ["roberta-base", "encoders/ner", "--reads", "en", "--lang", "fr"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert (
        "is for texts of the language 'en', and this pipeline's is 'fr': give --vars.lang en."
        in result.output
    )
