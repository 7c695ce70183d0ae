"""The model card of an exported checkpoint: what it is, its labels, its scores, how it was made."""

from typing import Any, Dict, List, Optional

from spacy.language import Language

from ..about import __version__


def model_card(nlp: Language, component: Optional[str]) -> str:
    """RETURNS (str): Markdown with the YAML head that the hub reads.

    component (Optional[str]): the entity recogniser that was exported; None for an encoder alone.
    """
    meta = nlp.meta
    name = f"{meta['lang']}_{meta['name']}"
    task = "token-classification" if component else "feature-extraction"
    lines = ["---", f"language: {meta['lang']}", "library_name: transformers", f"pipeline_tag: {task}"]
    if meta.get("license"):
        lines.append(f"license: {meta['license']}")
    lines += ["tags: [spacy, spacy-bertfam]", "---", "", f"# {name}", ""]
    if meta.get("description"):
        lines += [meta["description"], ""]
    lines += [
        f"Exported from a spaCy pipeline ({', '.join(nlp.pipe_names)}) by spacy-bertfam {__version__}.",
        "",
    ]
    if component:
        lines += _labels(nlp, component) + _scores(meta.get("performance") or {})
    lines += _sources(meta.get("sources") or [])
    return "\n".join(lines) + "\n"


def _labels(nlp: Language, component: str) -> List[str]:
    ner: Any = nlp.get_pipe(component)
    return ["## Labels", "", f"{', '.join(ner.labels)} in the scheme {ner.cfg['scheme']}.", ""]


def _scores(performance: Dict[str, Any]) -> List[str]:
    """Scores on the development data, as `spacy train` left them in meta.json."""
    if performance.get("ents_f") is None:
        return []
    rows = {"all": [performance.get(f"ents_{key}") for key in "prf"]}
    for label, scores in (performance.get("ents_per_type") or {}).items():
        rows[label] = [scores.get(key) for key in "prf"]
    table = [
        f"| {label} | " + " | ".join(f"{s or 0:.3f}" for s in scores) + " |" for label, scores in rows.items()
    ]
    return [
        "## Scores on the development data",
        "",
        "| label | P | R | F1 |",
        "|---|---|---|---|",
        *table,
        "",
    ]


def _sources(sources: List[Any]) -> List[str]:
    if not sources:
        return []
    return [
        "## Data and sources",
        "",
        *[f"- {s.get('name')} {s.get('url', '')}".rstrip() for s in sources],
        "",
    ]
