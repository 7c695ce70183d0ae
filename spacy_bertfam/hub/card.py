"""The model card of a pipeline, for its wheel and for the hub: what it is, its labels, its scores, how to use it."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from spacy.about import __version__ as spacy_version
from spacy.glossary import GLOSSARY
from spacy.language import Language
from spacy.tokens import Doc

from ..about import __version__
from ..errors import UserError
from ..files.markdown import markdown_table, plain
from ..pipeline.entity_score import get_score
from ..pipeline.find import encoders_of, n_bytes_of
from ..pipeline.ner import BertfamNER
from ..pipeline.qa import BertfamQA

SPACY, TRANSFORMERS = "spacy", "transformers"
FEW = 50  # gold entities
N_EXAMPLES = 3
# in YAML; no is Norwegian too
NO_STRINGS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan")
UNNAMED = "pipeline"  # as spaCy names what nobody has named
USE = {
    SPACY: """```bash
python -m pip install {name}-{version}-py3-none-any.whl
```

```python
import spacy

nlp = spacy.load("{name}")
{read}
```""",
    TRANSFORMERS: """```python
from transformers import pipeline

nlp = pipeline("{task}", "path/to/this/folder")
```""",
}
CUT_OFF = (
    "`transformers` cuts a text off at the limit of the network, tags each word by itself and knows no temperature; "
    "spaCy with spacy-bertfam reads texts of any length."
)
READ = {
    "token-classification": "print([(ent.text, ent.label_, ent._.score) for ent in nlp(text).ents])",
    "text-classification": "print(nlp(text).cats)",
    "question-answering": "print(nlp(text)._.ask(question))",
    "feature-extraction": "print(nlp(text).tensor)",
}
Scores = Mapping[str, Any]


def model_card(
    nlp: Language,
    pipe: Any,
    *,
    library: str = SPACY,
    report: Scores | None = None,
    examples: Iterable[Doc] = (),
) -> str:
    """Write a card. Its name and version are those of `nlp.meta`; so are description, sources and license.

    pipe (BertfamNER | BertfamQA | TextCategorizer | None): whose labels and scores; None for an encoder alone.
    library (str): what opens the folder, SPACY or TRANSFORMERS.
    report (Mapping | None): of ``read_report``; without one the scores are those of training, in meta.json.
    examples (Iterable[Doc]): read by the pipeline; of each label the entities with the highest scores are shown.
    RETURNS (str): Markdown with the YAML head that the hub reads.
    """
    meta, task = nlp.meta, _task(pipe)
    name = f"{meta['lang']}_{meta['name']}"
    language = "multilingual" if meta["lang"] == "xx" else meta["lang"]
    head = {"language": language, "library_name": library, "pipeline_tag": task}
    if meta.get("license"):
        head["license"] = meta["license"].lower()
    tags = "tags: [spacy, spacy-bertfam]"
    use = USE[library].format(name=name, version=meta["version"], task=task, read=READ[task])
    sections = {
        "": [plain(meta.get("description") or ""), markdown_table(["", ""], _facts(nlp, report).items())],
        "Labels": _labels(pipe, examples),
        "Scores": _report_scores(report) if report else _training_scores(meta.get("performance") or {}, pipe),
        "Calibration": _calibration(pipe, report) if library == SPACY else [],
        "How to use it": [use],
        "Data, sources and licenses": _sources(meta),
        "Limits": ["\n".join(f"- {limit}" for limit in _limits(pipe, report, library))],
    }
    parts = ["\n".join(["---", *(f"{key}: {_scalar(value)}" for key, value in head.items()), tags, "---"])]
    parts.append(f"# {plain(name)}")
    for title, content in sections.items():
        found = [part for part in content if part]
        parts += [f"## {title}", *found] if title and found else found
    return "\n\n".join(parts) + "\n"


def read_report(folder: Path) -> Scores:
    """Read what `bertfam report -o FOLDER` has written. RAISES (UserError): when it is not that."""
    path = Path(folder) / "report.json"
    try:
        report = json.loads(path.read_text(encoding="utf8"))
        _check(report)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise UserError(
            f"{path} cannot be read ({type(error).__name__}: {error}); expected the folder that `bertfam report MODEL "
            "DATA --output FOLDER` has written."
        ) from error
    return dict(report)


def _check(report: Any) -> None:
    """RAISES (KeyError, TypeError, ...): when what the card shows is not there, or of another type."""
    scores = report["scores"]
    rows = [scores["all"]["all"], *scores["label"].values()]
    size, keys, _ = _columns(report)
    maybe = [row[key][0] for row in rows for key in keys] + [row[keys[-1]][i] for row in rows for i in (1, 2)]
    maybe += [(report.get("calibration") or {}).get("ece"), report["model"].get("seconds")]
    figures = [figure for figure in maybe if figure is not None]
    figures += [row[size] for row in rows] + [report["texts"], report["model"]["tokens"]]
    for values, kinds, expected in (
        (figures, (int, float), "a number"),
        ([report["data"], report["model"]["name"]], (str,), "a string"),
    ):
        for value in values:
            if not isinstance(value, kinds) or isinstance(value, bool) or value != value:
                raise TypeError(f"found {json.dumps(value)[:40]}, expected {expected}")


def _columns(report: Scores) -> tuple[str, Sequence[str], Sequence[str]]:
    """RETURNS (tuple): of a row of entities, or of questions: the key of its size, those of its scores, the heads."""
    if "questions" in report["scores"]["all"]["all"]:
        return "questions", ("exact_match", "f1"), ("question word", "questions", "exact match", "F1")
    return "gold", "prf", ("label", "gold", "P", "R", "F1")


def name_of(nlp: Language) -> str:
    """RETURNS (str): that of `nlp.meta`; where nobody has given one, that of the folder, of `training/news/model-best`
    "news"."""
    name = str(nlp.meta["name"])
    if name != UNNAMED or not nlp.path:
        return name
    folders = (part for part in reversed(Path(nlp.path).resolve().parts) if not part.startswith("model-"))
    return re.sub(r"\W+", "_", next(folders)).strip("_").lower() or UNNAMED


def _task(pipe: Any) -> str:
    if isinstance(pipe, BertfamNER | BertfamQA):
        return "token-classification" if isinstance(pipe, BertfamNER) else "question-answering"
    return "feature-extraction" if pipe is None else "text-classification"


def _facts(nlp: Language, report: Scores | None) -> dict[str, str]:
    facts = {"Version": nlp.meta["version"], "Components": ", ".join(nlp.pipe_names)}
    with suppress(UserError):  # an encoder of another package, or without torch weights
        network = encoders_of(nlp)[0].shim.loaded.network
        n = sum(parameter.numel() for parameter in network.parameters())
        facts["Encoder"] = f"{network.config.model_type}, {n / 1e6:,.1f} million parameters"
    if n_bytes := n_bytes_of(nlp):
        facts["Size"] = f"{n_bytes / 1e6:,.1f} MB"
    if report and report["model"].get("seconds"):
        speed = report["model"]["tokens"] / report["model"]["seconds"]
        facts["Speed"] = f"{speed:,.0f} tokens a second, on the machine of the report"
    return facts | {"Made with": f"spacy-bertfam {__version__}, spaCy {spacy_version}"}


def _labels(pipe: Any, examples: Iterable[Doc]) -> list[str]:
    labels: Sequence[str] = getattr(pipe, "labels", ())
    found: dict[str, dict[str, float]] = {label: {} for label in labels}
    for ent in (ent for doc in examples for ent in doc.ents):
        texts = found.setdefault(ent.label_, {})
        texts[ent.text] = max(float(get_score(ent) or 0), texts.get(ent.text, 0.0))
    best = {label: sorted(found[label], key=found[label].__getitem__, reverse=True) for label in labels}
    rows = [[label, GLOSSARY.get(label, ""), ", ".join(best[label][:N_EXAMPLES])] for label in labels]
    has_more = any(any(row[1:]) for row in rows)
    table = markdown_table(["label", "meaning", "examples"], rows) if has_more else ""
    scheme = f" in the scheme {pipe.cfg['scheme']}" if isinstance(pipe, BertfamNER) else ""
    return [f"{plain(', '.join(labels))}{scheme}.", table] if labels else []


def _report_scores(report: Scores) -> list[str]:
    rows, (size, keys, head) = [], _columns(report)
    for label, row in [("all", report["scores"]["all"]["all"]), *report["scores"]["label"].items()]:
        low, high = row[keys[-1]][1:3]
        interval = "–" if low is None or high is None else f"{low:.3f}–{high:.3f}"
        rows.append([label, str(row[size]), *(_figure(row[key][0]) for key in keys), interval])
    said = f"{report['model']['name']} on {report['data']}, {report['texts']:,} texts; "
    said += "intervals of 95% by bootstrap over texts."
    return [plain(said), markdown_table([*head, "interval of F1"], rows)]


def _training_scores(performance: Scores, pipe: Any) -> list[str]:
    """As `spacy train` left them in meta.json: of entities, or of categories."""
    is_ner = isinstance(pipe, BertfamNER)
    all_of, per_label = ("ents_", "ents_per_type") if is_ner else ("cats_macro_", "cats_f_per_type")
    if not getattr(pipe, "labels", ()) or performance.get(f"{all_of}f") is None:
        return []
    rows = [("all", {key: performance.get(f"{all_of}{key}") for key in "prf"})]
    rows += (performance.get(per_label) or {}).items()
    figures = [[label, *(_figure(row.get(key)) for key in "prf")] for label, row in rows]
    return ["On the development data.", markdown_table(["label", "P", "R", "F1"], figures)]


def _figure(score: float | None) -> str:
    return "–" if score is None else f"{score:.3f}"


def _calibration(pipe: Any, report: Scores | None) -> list[str]:
    if not isinstance(pipe, BertfamNER | BertfamQA):
        return []
    said = f"Scores are exact probabilities, at temperature {pipe.temperature:.2f}"
    error = ((report or {}).get("calibration") or {}).get("ece")
    said += "." if error is None else f"; their expected calibration error is {error:.3f}."
    bounds: Any = pipe.min_score
    if isinstance(bounds, Mapping):
        bounds = ", ".join(f"{label} {bound:g}" for label, bound in bounds.items())
    return [f"{said} What has a lower score than `min_score` is left out: {bounds}." if bounds else said]


def _sources(meta: Mapping[str, Any]) -> list[str]:
    keys = ("name", "author", "url", "license")
    rows = [[str(source.get(key) or "") for key in keys] for source in meta.get("sources") or ()]
    license_name = plain(meta.get("license") or "") or "not said (`license` in meta.json)"
    unsaid = "Nobody has said what it was trained on: `sources` in meta.json."
    return [markdown_table(keys, rows) if rows else unsaid, f"License of the pipeline: {license_name}."]


def _limits(pipe: Any, report: Scores | None, library: str) -> Iterable[str]:
    if report is not None:
        size, _, _ = _columns(report)
        few = [label for label, row in report["scores"]["label"].items() if row[size] < FEW]
        if few:
            listed, what = plain(", ".join(few)), "gold entities" if size == "gold" else size
            yield f"Of {listed} there were fewer than {FEW} {what}: their scores are mostly chance."
        yield "On texts of another kind than those of the scores, expect lower ones: measure on your own."
    elif pipe is not None:
        yield "The scores, if any, are those by which training chose its best step: expect lower ones on new texts."
    if isinstance(pipe, BertfamNER):
        yield "Entities do not overlap; each has one label."
    if library == TRANSFORMERS:
        yield CUT_OFF
    yield "It repeats what its texts say of people and groups: have people look where a mistake does harm."


def _scalar(value: str) -> str:
    """RETURNS (str): in YAML."""
    is_plain = re.fullmatch(r"[a-z][a-z0-9.-]*", value) and value not in NO_STRINGS
    return value if is_plain else json.dumps(value)
