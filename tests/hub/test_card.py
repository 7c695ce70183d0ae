"""The model card: what it says, where it is from, and that nothing of a label or a text gets out of its place."""

import json
import re

import pytest
import spacy
from small_corpus import CNN, TEXTS, make_examples, own_pipeline
from spacy.cli.package import package
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.hub.card import TRANSFORMERS, model_card, name_of, read_report
from spacy_bertfam.report.prediction import predict
from spacy_bertfam.report.report import make_report
from spacy_bertfam.report.writing import written

ROW = {"gold": 200, "predicted": 190, "right": 180, "p": [0.9474, 0.91, 0.98], "r": [0.9, 0.85, 0.94]}
REPORT = {
    "data": "news|test.spacy",
    "texts": 1200,
    "model": {"name": "model-best", "tokens": 20_000, "seconds": 4.0},
    "scores": {
        "all": {"all": {**ROW, "f": [0.923, 0.901, 0.944]}},
        "label": {
            "PER": {**ROW, "f": [0.923, 0.901, 0.944]},
            "LOC": {**ROW, "gold": 7, "p": [None] * 3, "f": [0.5, None, None]},
        },
    },
    "calibration": {"ece": 0.0213},
}


@pytest.fixture(scope="module")
def nlp():
    nlp = own_pipeline(CNN, min_score=0.25)
    nlp.initialize(lambda: make_examples(nlp))
    nlp.meta["name"] = "news"
    return nlp


@pytest.fixture
def folder(nlp, tmp_path):
    (tmp_path / "news").mkdir()
    nlp.to_disk(tmp_path / "news" / "model-best")
    return tmp_path / "news" / "model-best"


@pytest.fixture
def report_folder(tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.json").write_text(json.dumps(REPORT), encoding="utf8")
    return tmp_path / "report"


def run(*args):
    return CliRunner().invoke(app, ["card", *map(str, args)])


def test_scores_of_a_report_have_intervals_and_few_gold_entities_are_told(nlp):
    card = model_card(nlp, nlp.get_pipe("ner"), report=REPORT)
    assert card.startswith(
        "---\nlanguage: fr\nlibrary_name: spacy\npipeline_tag: token-classification\n"
        "tags: [spacy, spacy-bertfam]\n---\n\n"
        "# fr_news\n"
    )
    assert "| all | 200 | 0.947 | 0.900 | 0.923 | 0.901–0.944 |" in card
    assert "| LOC | 7 | – | 0.900 | 0.500 | – |" in card
    assert "model-best on news\\|test.spacy, 1,200 texts; intervals of 95%" in card
    assert "Of LOC there were fewer than 50 gold entities" in card
    assert "| Speed | 5,000 tokens a second" in card
    assert "calibration error is 0.021. What has a lower score than `min_score` is left out: 0.25." in card


def test_without_a_report_the_scores_are_those_of_training(nlp):
    nlp.meta["performance"] = {"ents_p": 0.5, "ents_r": 0.25, "ents_f": 1 / 3}
    card = model_card(nlp, nlp.get_pipe("ner"))
    nlp.meta.pop("performance")
    assert "| all | 0.500 | 0.250 | 0.333 |" in card and "by which training chose its best step" in card
    assert "## Scores" not in model_card(nlp, nlp.get_pipe("ner"))


def test_labels_have_their_meaning_and_the_surest_examples(nlp):
    docs = []
    for text, score in (("Claire", 0.5), ("Anne | <b>", 0.9), ("Luc", 0.4), ("Zoé", 0.3), ("Claire", 0.2)):
        doc = nlp.make_doc(text)
        doc.ents = [doc.char_span(0, len(text), label="PER")]
        doc.ents[0]._.score = score
        docs.append(doc)
    card = model_card(nlp, nlp.get_pipe("ner"), examples=docs)
    assert "| PER | Named person or family. | Anne \\| &lt;b>, Claire, Luc |" in card
    assert "| ORG | Companies, agencies, institutions, etc. |  |" in card


def test_sources_and_license_are_those_of_the_meta(nlp):
    assert "Nobody has said what it was trained on" in model_card(nlp, nlp.get_pipe("ner"))
    nlp.meta |= {"license": "CC BY 4.0", "sources": [{"name": "Wikinews", "license": "CC BY 2.5"}]}
    card = model_card(nlp, nlp.get_pipe("ner"), library=TRANSFORMERS)
    nlp.meta |= {"license": "", "sources": []}
    assert "| Wikinews |  |  | CC BY 2.5 |" in card
    assert 'license: "cc by 4.0"\n' in card and "library_name: transformers" in card
    assert "knows no temperature" in card
    assert "## Calibration" not in card and "min_score" not in card


def test_the_code_on_the_card_reads_a_text(nlp, tmp_path):
    nlp.to_disk(tmp_path / "fr_news")
    code = re.findall(r"(?s)```python\n(.*?)```", model_card(nlp, nlp.get_pipe("ner")))[0]
    scope = {"text": TEXTS[0]}
    exec(code.replace('"fr_news"', repr(str(tmp_path / "fr_news"))), scope)
    assert scope["nlp"].pipe_names == ["ner"]


def test_a_pipeline_that_nobody_named_takes_the_name_of_its_folder(nlp, tmp_path):
    unnamed = spacy.blank("fr")
    assert name_of(nlp) == "news"
    assert name_of(unnamed) == "pipeline"
    (tmp_path / "Mes-noms").mkdir()
    unnamed.to_disk(tmp_path / "Mes-noms" / "model-best")
    assert name_of(spacy.load(tmp_path / "Mes-noms" / "model-best")) == "mes_noms"


def test_the_wheel_takes_up_card_and_name(folder, report_folder, tmp_path):
    result = run(
        folder,
        "--report",
        report_folder,
        "--component",
        "ner",
        "--name",
        "presse",
        "--version",
        "1.2.0",
        "--examples",
        TEXTS[0],
    )
    assert result.exit_code == 0, result.output
    package(folder, tmp_path, create_sdist=False, create_wheel=False)
    card = (tmp_path / "fr_presse-1.2.0" / "README.md").read_text(encoding="utf8")
    assert "# fr_presse\n" in card and "fr_presse-1.2.0-py3-none-any.whl" in card and "0.901–0.944" in card


def test_with_an_output_the_pipeline_is_left_as_it_is(folder, tmp_path):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert run(folder, "--output", tmp_path / "card.md", "--name", "presse").exit_code == 0
    assert "# fr_presse\n" in (tmp_path / "card.md").read_text(encoding="utf8")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"scores": {}}',
        '{"scores": {"all": {"all": {"gold": 1}}, "label": {}}}',
        json.dumps(REPORT).replace("1200", '"<b>"'),
        json.dumps(REPORT).replace("0.923", '"<b>"'),
        json.dumps(REPORT).replace("0.0213", "[]"),
        json.dumps({**REPORT, "model": {**REPORT["model"], "name": 1}}),
        json.dumps({**REPORT, "scores": {**REPORT["scores"], "label": []}}),
    ],
)
def test_what_is_no_report_is_told(content, folder, tmp_path):
    (tmp_path / "report.json").write_text(content, encoding="utf8")
    result = run(folder, "--report", tmp_path)
    assert result.exit_code == 1 and "expected the folder that `bertfam report" in result.stderr


def test_a_name_of_a_package_wants_an_output():
    result = run("fr_not_there")
    assert result.exit_code == 1 and "'fr_not_there' is no folder; expected one, or --output" in result.stderr


def test_what_bertfam_report_writes_is_read(make_report_folder, nlp):
    scores = read_report(make_report_folder)
    assert "small on dev, 1 texts" in model_card(nlp, nlp.get_pipe("ner"), report=scores)


@pytest.fixture
def make_report_folder(tmp_path):
    gold = spacy.blank("fr")("Anne rit.")
    gold.set_ents([gold.char_span(0, 4, label="PER")])
    found = predict(spacy.blank("fr"), [gold], "small", rename={})
    report = make_report([gold], found, data="dev")
    (tmp_path / "report.json").write_text(
        written(report, lang="en", n_shown=1)["report.json"], encoding="utf8"
    )
    return tmp_path


def test_a_readme_of_the_user_is_not_written_over(folder):
    (folder / "README.md").write_text("mine", encoding="utf8")
    result = run(folder)
    assert result.exit_code == 1 and "README.md exists already; expected --force" in result.stderr
    assert (folder / "README.md").read_text(encoding="utf8") == "mine"
    assert run(folder, "--force").exit_code == 0
    assert (folder / "README.md").read_text(encoding="utf8").startswith("---")


def test_markup_in_labels_and_words_of_yaml_stay_text(nlp):
    label = "[x](http://evil) ![y](z) `c` *s* _t_ &lt;b"
    report = {**REPORT, "scores": {**REPORT["scores"], "label": {label: {**ROW, "f": [0.5, 0.4, 0.6]}}}}
    nlp.meta["license"] = "no"
    card = model_card(nlp, nlp.get_pipe("ner"), report=report)
    nlp.meta["license"] = ""
    assert 'license: "no"\n' in card
    assert r"\[x\](http://evil) !\[y\](z) \`c\` \*s\* \_t\_ &amp;lt;b |" in card
