"""The documents: every command in them exists with its options, the cheap ones run, stated defaults are true."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from configparser import ConfigParser
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import spacy
import srsly
import typer
from spacy.cli._util import app as spacy_app
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training import Example
from spacy.util import load_config, load_model_from_config
from typer.testing import CliRunner
from weasel.util import load_project_config

from spacy_bertfam.about import __version__
from spacy_bertfam.cli import spacy_entry  # noqa: F401  what spaCy does for its command line
from spacy_bertfam.data.pairs import make_pair

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "spacy_bertfam"
PAGES = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))]
DOCS = ["README.md", "README.fr.md", "CONTRIBUTING.md", "assets/README.md", "CHANGELOG.md", *PAGES]
TEXTS = {name: (ROOT / name).read_text(encoding="utf8") for name in DOCS}
SERVE = "docs/serve.md"  # its program asks a server
CODE = {name: re.sub(r"(?s)^```.*?^```", "", text, flags=re.M) for name, text in TEXTS.items()}


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", TEXTS[name])


def commands(name: str) -> list[str]:
    """The lines of bash blocks and the commands in running text, `&&` taken apart."""
    lines = [line for block in blocks(name, "bash") for line in block.splitlines()]
    lines += re.findall(r"`(python [^`]+)`", CODE[name])
    return [part.strip() for line in lines for part in line.split("&&")]


COMMANDS = [(name, line) for name in DOCS for line in commands(name)]
SPACY_COMMANDS = [(name, line) for name, line in COMMANDS if line.startswith("python -m spacy ")]


@cache
def all_of_spacy() -> typer.core.TyperCommand:
    """RETURNS (TyperCommand): the group that holds every command, ours too."""
    return typer.main.get_command(spacy_app)


def find_command(words: list[str]) -> tuple[typer.core.TyperCommand, list[str]]:
    """RETURNS (tuple): spaCy's command that the first words name, and the words after them."""
    found = all_of_spacy()
    while words and words[0] in getattr(found, "commands", {}):
        found, words = found.commands[words[0]], words[1:]
    assert not getattr(found, "commands", {}), f"no command {words[0]}"
    return found, words


def option_names(words: list[str]) -> list[str]:
    return [word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)]


def test_the_documents_have_commands():
    assert len(SPACY_COMMANDS) > 10


@pytest.mark.parametrize("name, line", SPACY_COMMANDS)
def test_a_command_of_spacy_exists_with_its_options(name, line):
    command, words = find_command(shlex.split(line)[3:])
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    overrides = {option for option in option_names(words) if "." in option}
    assert set(option_names(words)) - overrides <= known
    if command.name == "run":
        project = load_project_config(ROOT)
        assert words[0] in project["workflows"]
        assert {option.removeprefix("--vars.") for option in overrides} <= set(project["vars"])
    elif overrides:
        config = load_config(ROOT / words[0])
        for option in overrides:
            block: Any = config
            for name in option.removeprefix("--").split("."):
                assert name in block, option
                block = block[name]


@pytest.mark.parametrize("name, line", [pair for pair in COMMANDS if " pip install" in pair[1]])
def test_extras_that_are_installed_exist(name, line):
    parser = ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", encoding="utf8")
    for extras in re.findall(r'"\.\[(.*?)\]"', line):
        assert set(extras.split(",")) <= set(parser["options.extras_require"])


@pytest.mark.parametrize("name, line", COMMANDS)
def test_files_that_a_command_reads_exist(name, line):
    for word in shlex.split(line):
        if re.match(r"(assets|configs|examples|scripts)\b", word):
            assert (ROOT / word).exists(), word
    assert line.split()[0] in ("python", "source", "tests/")


FIGURES = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "benchmarks").rglob("*.md"))]


@pytest.mark.parametrize("name", [*DOCS, *FIGURES])
def test_links_lead_to_files(name):
    text = (ROOT / name).read_text(encoding="utf8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        if not link.startswith("https://"):
            assert (ROOT / name).parent.joinpath(link).exists(), link


def number(text: str, language: str = "en") -> float:
    """RETURNS (float): of `1,234.5`, or in French of `1234,5`."""
    return float(text.replace(",", "." if language == "fr" else ""))


def section(link: str) -> str:
    """RETURNS (str): what stands under the heading that a link to figures leads to, and under no other one."""
    name, _, anchor = link.partition("#")
    parts = re.split(r"(?m)^(?=## )", (ROOT / "benchmarks" / name).read_text(encoding="utf8"))
    if not anchor:
        assert len(parts) <= 2, f"{link} has {len(parts)} sections: name the one that has the figures"
        return "".join(parts)
    slugs = {slugify(part.partition("\n")[0].lstrip("# ")): part for part in parts}
    return slugs[anchor]


def slugify(heading: str) -> str:
    """RETURNS (str): the anchor that GitHub and mkdocs make of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def stated_figures() -> list[tuple[str, str, str]]:
    """The numbers of each paragraph, and of the table before it, or of a table's row, that links to figures, with
    these links; without those of one or two digits, which are anywhere."""
    found = []
    for name in [*CODE, "benchmarks/README.md"]:
        text = CODE.get(name) or (ROOT / name).read_text(encoding="utf8")
        if not name.startswith(("docs/", "README", "benchmarks/")):
            continue
        for part in re.split(r"\n" if name.startswith("benchmarks/") else r"(?<!\|)\n\n|\n(?=- )", text):
            part = re.sub(r"`.*?`", "", part)
            links = re.findall(
                r"\]\((?:\.\./)?(?:benchmarks/)?((?:figures/\w+|README)\.md(?:#[\w-]+)?)\)", part
            )
            words = re.sub(r"\]\(.*?\)", "]", part) if links else ""
            numbers = re.findall(r"(?<![\w.,-])(?:\d+(?:[.,]\d+)+|(?!20\d\d\b)\d{3,})(?!\w)", words)
            found += [(name, each, " ".join(links)) for each in numbers if each.count(".") < 2]
    return found


@pytest.mark.parametrize("name, stated, links", stated_figures())
def test_a_stated_figure_is_one_of_the_benchmarks(name, stated, links):
    figures = "\n".join(map(section, links.split()))
    known = {number(each) for each in re.findall(r"\d[\d,]*(?:\.\d+)?", figures)}
    french = name.endswith(".fr.md")
    n_decimals = len(stated.partition("," if french else ".")[2])
    # 0.838 is 83.8 too; what has fewer digits may be rounded
    scaled = {each * scale for each in known for scale in (1, 100)}
    rounded = {round(each, n_decimals if n_decimals < 2 else 6) for each in scaled}
    assert number(stated, "fr" if french else "en") in rounded, stated


@cache
def messages(path: Path) -> str:
    """RETURNS (str): the strings of a module, one a line, with `…` for what is put into them."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.JoinedStr):
            found.append(
                "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return "\n".join(found)


ERRORS = TEXTS["docs/faq.md"].split("## Errors")[1].split("\n## ")[0]


@pytest.mark.parametrize(
    "text", [each for each in re.findall(r"(?m)^### (.*)$", ERRORS) if "spaCy" not in each]
)
def test_an_error_of_the_faq_is_one_of_the_package(text):
    assert any(text in messages(path) for path in PACKAGE.rglob("*.py"))


def test_every_page_stands_in_the_navigation():
    content = (ROOT / "mkdocs.yml").read_text(encoding="utf8")
    listed = re.findall(r"(?m)^ +- (?:.*: )?(\S+\.md)$", content[content.index("\nnav:") :])
    assert {name.removeprefix("docs/").replace(".fr.md", ".md") for name in PAGES} <= set(listed)


def test_the_release_is_the_same_in_code_changelog_and_citation():
    citation = srsly.read_yaml(ROOT / "CITATION.cff")
    version, date = re.findall(r"(?m)^## (\S+) \((.*)\)$", TEXTS["CHANGELOG.md"])[0]
    assert (citation["version"], citation["date-released"]) == (version, date) and version == __version__


def test_the_files_for_github_can_be_read():
    for path in (ROOT / ".github").rglob("*.yml"):
        content = srsly.read_yaml(path)
        assert path.parent.name != "workflows" or "bash .ci/run" in [
            step.get("run") for step in content["jobs"]["checks"]["steps"]
        ]


@pytest.mark.parametrize("name", ["README.md", "README.fr.md"])
def test_command_one_is_the_same_in_both_languages(name):
    command = 'python -m pip install ".[trf,package]" && python -m spacy project run quickstart'
    assert f"```bash\n{command}\n```" in TEXTS[name]


def test_the_ci_script_can_find_command_two():
    found = re.search(r"(?ms)^<!-- command two -->\n```bash\n(python -m .*?)\n```$", TEXTS["README.md"])
    assert found and found[1].endswith("python -m pytest -n auto") and "\n" not in found[1]
    assert "<!-- command two -->" in (ROOT / ".ci" / "run").read_text(encoding="utf8")
    assert os.name == "nt" or os.access(ROOT / ".ci" / "run", os.X_OK)


def settings() -> list[tuple[str, str]]:
    """The settings of README's table, spelled out, with the stated default."""
    table = TEXTS["docs/train.md"].split("## Settings")[1].split("## ")[0]
    prefix, found = "", []
    for row in re.findall(r"(?m)^\| (.*) \|$", table)[1:]:
        names, defaults = row.split("|")[:2]
        listed = re.findall(r"`(.*?)`", names)
        if names.startswith("**"):
            prefix = f"{listed[0]}." if listed else ""
            continue
        # `training.max_steps`, `patience`: the second stands beside the first
        beside = prefix or f"{listed[0].rpartition('.')[0]}."
        for name, value in zip(listed, defaults.replace("`", "").split(", "), strict=True):
            found.append((prefix + name if name == listed[0] else beside + name, value.strip()))
    return found


def test_the_table_of_settings_is_read():
    assert ("components.encoder.model.overlap", "32") in settings()
    assert ("training.patience", "2000") in settings()


@pytest.mark.parametrize("path, value", settings())
def test_a_stated_default_is_that_of_the_config(path, value):
    actual = load_config(ROOT / "configs" / "ner_shared.cfg")
    for part in path.split("."):
        actual = actual[part]
    assert {"None": "null", "False": "false"}.get(str(actual), str(actual)) == value


@pytest.fixture(scope="module")
def clone(tiny_encoder, tmp_path_factory) -> Path:
    """A folder like a clone in which the quickstart has run; its pipeline is tiny and guesses."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.copytree(ROOT / "assets", folder / "assets")
    for path in (folder / "assets").glob(
        "*.jsonl"
    ):  # some of each: the commands are tested, not the sentences
        path.write_text("".join(path.open(encoding="utf8").readlines()[:60]), encoding="utf8")
    config = load_config(
        ROOT / "configs" / "ner_shared.cfg", overrides={"paths.encoder": str(tiny_encoder("camembert"))}
    )
    nlp = load_model_from_config(config)
    doc = nlp.make_doc("Anne vit à Rennes.")
    doc.set_ents([doc.char_span(0, 4, "PER"), doc.char_span(11, 17, "LOC")])
    nlp.initialize(lambda: [Example(nlp.make_doc(doc.text), doc)])
    for part in ("train", "dev"):  # as the workflow does it
        place = folder / "corpus" / "quickstart" / part / "fr.spacy"
        line = ["bertfam", "convert", str(folder / "assets" / f"fr_{part}.jsonl"), str(place), "--lang", "fr"]
        assert CliRunner().invoke(spacy_app, line).exit_code == 0
    (folder / "texts").mkdir()
    (folder / "texts" / "a.txt").write_text(doc.text, encoding="utf8")
    corrected = {"id": 1, "text": doc.text, "label": [[0, 4, "PER"], [11, 17, "LOC"]]}
    (folder / "corrected.jsonl").write_text(json.dumps(corrected), encoding="utf8")
    for language in ("my", "mon"):
        (folder / language).mkdir()
        for part in ("train", "dev"):
            rows = "text\tlabel\nAnne nage.\tsport\nLe train part.\ttravel\n"
            (folder / language / f"{part}.tsv").write_text(rows, encoding="utf8")
    for run in ("quickstart", "mine"):
        (folder / "training" / run).mkdir(parents=True)
        nlp.to_disk(folder / "training" / run / "model-best")
    (folder / "training" / "fr_qa").mkdir()
    make_answerer(tiny_encoder("camembert")).to_disk(folder / "training" / "fr_qa" / "model-best")
    return folder


def make_answerer(encoder: Path) -> Language:
    """RETURNS (Language): one that guesses at answers."""
    overrides = {"paths.encoder": str(encoder), "components.qa.model.tok2vec.window": 32}
    overrides["components.qa.model.tok2vec.overlap"] = 8
    nlp = load_model_from_config(load_config(ROOT / "configs" / "fr_qa.cfg", overrides=overrides))
    pair = make_pair(nlp.make_doc("Qui ?"), nlp.make_doc("Anne préside."))
    pair.spans["answers"] = [pair[2:3]]
    nlp.initialize(lambda: [Example(nlp.make_doc(pair.text), pair)])
    return nlp


@pytest.mark.parametrize("line", [line for _, line in SPACY_COMMANDS if " convert-qa " in line])
def test_the_conversion_of_questions_runs(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, _, _, _, _, source, out, *_ = shlex.split(line)
    Path(source).parent.mkdir()
    paragraph = {"context": "Anne préside.", "question": "Qui ?", "answers": ["Anne"]}
    articles = [{"title": title, **paragraph} for title in "ab"]
    Path(source).write_text(json.dumps({"data": articles}), encoding="utf8")
    result = CliRunner().invoke(spacy_app, shlex.split(line)[3:])
    assert result.exit_code == 0, f"{result.output}\n{result.exception}"
    assert Path(out, "dev.spacy").is_file()


# What runs -> the first page that has it: others repeat or translate it
PYTHON: dict[str, str] = {}
for name in DOCS:
    for code in blocks(name, "python") if name != SERVE else ():
        PYTHON.setdefault(code, name)


@pytest.mark.parametrize(
    "code, name", [pytest.param(*pair, id=f"{pair[1]}-{i}") for i, pair in enumerate(PYTHON.items())]
)
def test_the_python_of_the_documents_runs(code, name, clone, tiny_encoder, monkeypatch, capsys):
    monkeypatch.chdir(clone)
    assert len([line for line in code.splitlines() if line]) <= 10
    for package in re.findall(r"(?m)^(?:import|from) (\w+)", code):
        pytest.importorskip(package)  # the recipes are for packages that the tests do without
    code = code.replace("camembert-base", tiny_encoder("camembert").as_posix())
    exec(compile(code, name, "exec"), {"__name__": "__main__"})
    if name.startswith("README"):
        assert "<html" in (clone / "page.html").read_text(encoding="utf8")


# `adopt` wants a pipeline of another package, `convert-qa` questions, `fetch` asks the hub, `audit`, `train` and `fill`
# want an encoder, `calibrate` a pipeline that is right at times, `serve` does not end, --ray wants Ray, a page makes
# training/cats, `report` wants a corpus: other tests run them
CHEAP = [
    (name, line)
    for name, line in SPACY_COMMANDS
    if line.split()[3] in ("bertfam", "evaluate")
    and not re.search(r" --ray |/cats/| report training/(mine|fr_qa)/", line)
    and line.split()[4]
    not in ("adopt", "audit", "calibrate", "convert-qa", "fetch", "fill", "serve", "train", "pretrain")
]


# What docs/annotations.md calls the exports of tools -> their small file in tests/data/sample_forms.py
SAMPLES = {
    "annotations.jsonl": "example.jsonl",
    "export.jsonl": "hf.jsonl",
    "results.json": "presidio_evaluator.json",
    "training.json": "spacy2.json",
    "export.tsv": "webanno.tsv",
    "texts.xml": "gate.xml",
    "train.jsonl": "hf_numbers.jsonl",
    "train.json": "gliner.json",
    "corpus.pubtator": "two.pubtator",
    "train.conll": "uner.iob2",
    "train.conllu": "norne.conllu",
    "train.v4_gold_conll": "a.v4_gold_conll",
    "train.tsv --tag-column 3,4": "germeval_both.tsv",
    "train.tsv --tag-column NE-FINE-LIT": "hipe_fine.tsv",
    "train.tsv --scheme plain": "short.tsv",
    "ner_dataset.csv": "gmb.csv",
}


def write_export(words: list[str]) -> None:
    """Write what a command of that page reads, into the folder where the process is."""
    sys.path.insert(0, str(ROOT / "tests" / "data"))
    from sample_forms import FORMS, RIGHT, TEXT

    name, options = words[0], words[4:]  # the input; what stands after the output and --lang
    spans = [[TEXT.index(part), TEXT.index(part) + len(part), label] for part, label in RIGHT]
    if Path(name).exists():
        return
    if name == "export.json":
        Path(name).write_text(json.dumps([{"text": TEXT, "label": spans}] * 3), encoding="utf8")
    elif name == "brat/":
        Path(name).mkdir()
        Path(name, "a.txt").write_text(TEXT, encoding="utf8")
        lines = [
            f"T{i}\t{label} {start} {end}\t{TEXT[start:end]}\n" for i, (start, end, label) in enumerate(spans)
        ]
        Path(name, "a.ann").write_text("".join(lines), encoding="utf8")
    elif name == "train.parquet":
        arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        rows = [{"tokens": ["Claire", "habite", "Angers"], "ner_tags": ["B-PER", "O", "B-LOC"]}]
        parquet.write_table(arrow.Table.from_pylist(rows), name)
    elif name == "wikiner.txt":
        Path(name).write_text("Claire|NAM|I-PER habite|VER|O Angers|NAM|I-LOC .|SENT|O\n", encoding="utf8")
    else:
        sample = SAMPLES.get(" ".join([name, *options]), SAMPLES.get(name))
        (content,) = (form.content for form in FORMS if form.name == sample)
        Path(name).write_text(content, encoding="utf8")


def output_of(line: str) -> str:
    """The argument behind the input; `annotate` has the pipeline before that."""
    words = shlex.split(line)[5:]
    place = 2 if " annotate " in line else 1
    return words[place] if len(words) > place else ""


def makers(name: str, line: str) -> list[str]:
    """The commands of the same document whose output a line reads."""
    read = shlex.split(line)[5:]
    made = [(output_of(other), other) for n, other in CHEAP if n == name and output_of(other)]
    return [other for output, other in made if output in read and output != output_of(line)]


# A command after those that make what it reads -> the first page that has them
CHAINS: dict[tuple[str, ...], str] = {}
for name, line in CHEAP:
    CHAINS.setdefault((*makers(name, line), line), name)


@pytest.mark.slow
@pytest.mark.parametrize(
    "chain, name", [pytest.param(*p, id=f"{p[1]}-{p[0][-1][16:]}") for p in CHAINS.items()]
)
def test_a_cheap_command_runs(chain, name, clone, tmp_path, monkeypatch):
    line = chain[-1]
    if "--runtime openvino" in line:  # an extra that the tests do without
        for package in ("openvino", "nncf", "onnxruntime"):
            pytest.importorskip(package)
    monkeypatch.chdir(shutil.copytree(clone, tmp_path / "clone"))
    if name.startswith("docs/annotations."):
        write_export(shlex.split(line)[5:])
    for command in chain:
        result = CliRunner().invoke(spacy_app, shlex.split(command)[3:])
        assert result.exit_code == 0, f"{command}\n{result.output}\n{result.exception}"


@pytest.mark.parametrize("line", sorted({line for _, line in SPACY_COMMANDS if " calibrate " in line}))
def test_the_calibration_runs(line, clone, tmp_path, monkeypatch):
    monkeypatch.chdir(shutil.copytree(clone, tmp_path / "clone"))
    name = "qa" if "fr_qa" in line else "ner"
    # what the pipeline learned from, annotated as it finds it half of the time
    nlp = spacy.load("training/quickstart/model-best")
    promises = "--precision" in line or "--recall" in line  # of few texts nothing is promised
    n_right, n_texts = (396, 400) if promises else (2, 4)
    docs = list(nlp.pipe(["Anne vit à Rennes."] * n_texts))
    assert docs[0].ents
    for doc in docs[n_right:]:
        doc.ents = ()
    if name == "qa":
        qa, text = spacy.load("training/fr_qa/model-best").get_pipe("qa"), "Anne préside à Rennes."
        docs = [make_pair(nlp.make_doc("Qui ?"), nlp.make_doc(text)) for _ in range(4)]
        [[best]] = qa.ask([("Qui ?", text)])
        right = [docs[0][best.span.start + 2 : best.span.end + 2]] if best.span is not None else []
        for doc in docs:
            doc.spans["answers"] = [doc[span.start : span.end] for span in right]
        for doc in docs[2:]:
            doc.spans["answers"] = [doc[3:4] if best.text == "Anne" else doc[2:3]]  # another word
    for place in ("corpus/quickstart/dev/fr.spacy", "corpus/dev.spacy"):
        DocBin(docs=docs, store_user_data=True).to_disk(place)
    result = CliRunner().invoke(spacy_app, shlex.split(line)[3:])
    assert result.exit_code == 0, f"{result.output}\n{result.exception}"
    words = shlex.split(line)
    assert Path("calibration.html").is_file() == ("--page" in words)
    made = words[5] if "--in-place" in words else words[7]
    assert spacy.load(made).get_pipe(name).temperature != 1.0, result.output


def run_training(line: str, encoder: Path, *options: str) -> None:
    """Run a command of README for one step, in the folder of a clone, on its French sample sentences."""
    for part in ("train", "dev"):
        shutil.copy(f"corpus/quickstart/{part}/fr.spacy", f"corpus/{part}.spacy")
    line = line.replace("camembert-base", str(encoder))
    words = [*options, "--training.max_steps", "1", "--initialize.components.ner.fit_words", "0"]
    result = CliRunner().invoke(spacy_app, [*shlex.split(line)[3:], *words])
    assert result.exit_code == 0, f"{result.output}\n{result.exception}"


def test_the_training_that_is_resumed_runs(clone, tiny_encoder, tmp_path, monkeypatch):
    (line,) = [line for name, line in SPACY_COMMANDS if "--resume" in line and name == "docs/train.md"]
    monkeypatch.chdir(shutil.copytree(clone, tmp_path / "clone"))
    run_training(line, tiny_encoder("camembert"), "--state", "always")
    run_training(line, tiny_encoder("camembert"), "--training.eval_frequency", "5")
    assert Path("training/long/model-last/meta.json").is_file()
    assert not Path("training/long/training-state").exists()


@pytest.mark.slow
def test_the_training_of_categories_runs(clone, tiny_encoder, tmp_path, monkeypatch):
    monkeypatch.chdir(shutil.copytree(clone, tmp_path / "clone"))
    for line in [line for name, line in SPACY_COMMANDS if name == "docs/categories.md" and "/cats/" in line]:
        line = line.replace("camembert-base", str(tiny_encoder("camembert")))
        steps = ["--training.max_steps", "1"] if " train configs" in line else []
        result = CliRunner().invoke(spacy_app, [*shlex.split(line)[3:], *steps])
        assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception}"


def test_the_adaptation_to_a_domain_runs(clone, tiny_encoder, tmp_path, monkeypatch):
    (line,) = [line for _, line in SPACY_COMMANDS if "bertfam pretrain" in line]
    monkeypatch.chdir(shutil.copytree(clone, tmp_path / "clone"))
    _, _, _, _, _, _, texts, out, *_ = shlex.split(line)
    text = Path("assets/fr_train.jsonl").read_text(encoding="utf8")
    sentences = [json.loads(row)["text"] for row in text.splitlines()]
    Path(texts).write_text("\n\n".join(sentences[:40]), encoding="utf8")
    line = line.replace("camembert-base", str(tiny_encoder("camembert"))) + " --max-steps 1"
    result = CliRunner().invoke(spacy_app, shlex.split(line)[3:])
    assert result.exit_code == 0, f"{result.output}\n{result.exception}"
    assert Path(out, "model.safetensors").is_file()
    for line in [line for _, line in SPACY_COMMANDS if "bertfam fill" in line]:
        result = CliRunner().invoke(spacy_app, shlex.split(line)[3:])
        assert result.exit_code == 0 and "probability" in result.output, result.output


def n_layers_of(pipeline: str) -> int:
    return json.loads(Path(pipeline, "encoder", "config.json").read_text(encoding="utf8"))[
        "num_hidden_layers"
    ]


def test_the_training_with_fewer_layers_runs(clone, tiny_encoder, tmp_path, monkeypatch):
    (line,) = [line for name, line in SPACY_COMMANDS if "n_layers" in line and name == "docs/fast.md"]
    monkeypatch.chdir(shutil.copytree(clone, tmp_path / "clone"))
    run_training(line.replace("n_layers 8", "n_layers 1"), tiny_encoder("camembert"))
    assert n_layers_of("training/small/model-last") == 1


@pytest.mark.slow
def test_the_training_with_a_teacher_runs(clone, tiny_encoder, tmp_path, monkeypatch):
    (line,) = [line for name, line in SPACY_COMMANDS if "paths.teacher" in line and name == "docs/fast.md"]
    monkeypatch.chdir(shutil.copytree(clone, tmp_path / "clone"))
    layers, encoder = "--components.encoder.model.n_layers", tiny_encoder("camembert")
    teacher = line.replace("ner_distilled", "ner_shared").split(" --paths.teacher ")[0]
    run_training(teacher.replace("training/taught", "training/teacher"), encoder, layers, "2")
    line = line.replace("training/ner/model-best", "training/teacher/model-last")
    run_training(line, encoder, layers, "1")
    assert n_layers_of("training/teacher/model-last") == 2
    assert n_layers_of("training/taught/model-last") == 1


def test_a_tiny_encoder_is_made_as_contributing_says(tmp_path, monkeypatch):
    (line,) = [line for line in commands("CONTRIBUTING.md") if line.startswith("python -c ")]
    monkeypatch.chdir(tmp_path)
    exec(shlex.split(line)[2], {})
    assert (tmp_path / "tiny_bert" / "model.safetensors").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for name, line in SPACY_COMMANDS if name == SERVE])
def test_a_server_answers_as_its_page_says(line, clone, monkeypatch, capsys):
    for package in ("fastapi", "uvicorn", "prometheus_client"):
        pytest.importorskip(package)
    command = [sys.executable, *shlex.split(line.split(" --port")[0])[1:], "--port", "0"]
    with subprocess.Popen(command, cwd=clone, stderr=subprocess.PIPE, text=True, encoding="utf8") as server:
        try:
            told = iter(server.stderr.readline, "")
            found = next(filter(None, (re.search(r":(\d+), to this machine alone", line) for line in told)))
            place = f"http://127.0.0.1:{found[1]}"
            names = [model["name"] for model in json.load(wait_for(f"{place}/models"))["models"]]
            if len(names) > 1:
                assert names == ["press", "questions"]
                return
            [code] = blocks(SERVE, "python")
            exec(compile(code.replace("http://127.0.0.1:8000", place), SERVE, "exec"), {})
            assert "Anne PER" in capsys.readouterr().out
        finally:
            server.terminate()
            server.stderr.read()  # until it has said its last
    assert server.returncode == 0


def wait_for(url: str) -> Any:
    for _ in range(200):
        try:
            return urlopen(url)
        except URLError:
            time.sleep(0.05)
    raise TimeoutError(url)
