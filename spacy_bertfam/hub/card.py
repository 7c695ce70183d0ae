"""The model card of an exported checkpoint: what it is, its labels, its scores, how it was made."""

from collections.abc import Mapping
from typing import Any

from spacy.language import Language

from ..about import __version__
from ..pipeline.ner import BertfamNER
from ..pipeline.qa import BertfamQA


def model_card(nlp: Language, pipe: Any) -> str:
    """RETURNS (str): Markdown with the YAML head that the hub reads.

    pipe (BertfamNER | BertfamQA | TextCategorizer | None): the component that was exported; None for an encoder alone.
    """
    meta = nlp.meta
    is_ner = isinstance(pipe, BertfamNER)
    task = "feature-extraction" if pipe is None else "text-classification"
    if is_ner or isinstance(pipe, BertfamQA):
        task = "token-classification" if is_ner else "question-answering"
    head = [f"language: {meta['lang']}", "library_name: transformers", f"pipeline_tag: {task}"]
    if meta.get("license"):
        head.append(f"license: {meta['license']}")
    lines = ["---", *head, "tags: [spacy, spacy-bertfam]", "---", "", f"# {meta['lang']}_{meta['name']}", ""]
    if meta.get("description"):
        lines += [meta["description"], ""]
    pipes = ", ".join(nlp.pipe_names)
    lines += [f"Exported from a spaCy pipeline ({pipes}) by spacy-bertfam {__version__}.", ""]
    if getattr(pipe, "labels", ()):
        scheme = f" in the scheme {pipe.cfg['scheme']}" if is_ner else ""
        lines += ["## Labels", "", f"{', '.join(pipe.labels)}{scheme}.", ""]
        lines += _scores(meta.get("performance") or {}, "ents" if is_ner else "cats")
    if meta.get("sources"):
        listed = [f"- {source.get('name')} {source.get('url', '')}".rstrip() for source in meta["sources"]]
        lines += ["## Data and sources", "", *listed, ""]
    return "\n".join(lines) + "\n"


def _scores(performance: Mapping[str, Any], kind: str) -> list[str]:
    """Scores on the development data, as `spacy train` left them in meta.json: of "ents" or of "cats"."""
    all_of, per_label = ("ents_", "ents_per_type") if kind == "ents" else ("cats_macro_", "cats_f_per_type")
    if performance.get(f"{all_of}f") is None:
        return []
    rows = {"all": [performance.get(f"{all_of}{key}") for key in "prf"]}
    for label, scores in (performance.get(per_label) or {}).items():
        rows[label] = [scores.get(key) for key in "prf"]
    table = ["| label | P | R | F1 |", "|---|---|---|---|"]
    table += [
        f"| {label} | " + " | ".join(f"{s or 0:.3f}" for s in scores) + " |" for label, scores in rows.items()
    ]
    return ["## Scores on the development data", "", *table, ""]
