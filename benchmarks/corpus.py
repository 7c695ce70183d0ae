"""The benchmark's corpus: annotated JSONL converted by the project's own `bertfam convert`."""

from pathlib import Path
from typing import Dict, List, Optional

import spacy
from spacy.tokens import Doc, DocBin

from spacy_bertfam.data.convert import convert


def convert_parts(parts: Dict[str, Path], output: Path, *, lang: str, unit: str) -> Dict[str, Path]:
    """Convert each file to ``PART.UNIT.spacy``, unless that is there already.

    parts (Dict[str, Path]): name of a part -> annotated file.
    unit (str): "doc", "paragraph" or "sentence".
    RETURNS (Dict[str, Path]): name of a part -> `.spacy` file.
    """
    output.mkdir(parents=True, exist_ok=True)
    places = {name: output / f"{name}.{unit}.spacy" for name in parts}
    for name, source in parts.items():
        if not places[name].is_file():
            convert(source, places[name], lang=lang, unit=unit)
    return places


def limit_docs(path: Path, n_docs: Optional[int], *, lang: str) -> Path:
    """The first Docs of a `.spacy` file as a file beside it; the file itself without a limit."""
    if n_docs is None:
        return path
    limited = path.with_name(f"{path.stem}.first{n_docs}.spacy")
    docs = read_docs(path, lang)[:n_docs]
    DocBin(attrs=["ENT_IOB", "ENT_TYPE", "SENT_START"], docs=docs).to_disk(limited)
    return limited


def read_docs(path: Path, lang: str) -> List[Doc]:
    """The Docs of a `.spacy` file."""
    return list(DocBin().from_disk(path).get_docs(spacy.blank(lang).vocab))
