"""The corpora of a config, read as training would read them: by its readers, with its tokeniser."""

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

from catalogue import RegistryError
from spacy.language import Language
from spacy.training import Example
from spacy.util import registry
from thinc.api import Config, ConfigValidationError

from ..errors import UserError
from .finding import FAILS, FINE, REFUSED, Finding
from .reasons import reason_of
from .setup import Setup

STREAM_LIMIT = 5000  # examples that are read of a corpus that may have no end
PARTS = ("train", "dev")
# Shows that something is under way: iterable, and what it is
Progress = Callable[[Iterable[Example], str], Iterable[Example]]


@dataclass
class Corpora:
    """The examples of both parts; a part that could not be read has none."""

    parts: Dict[str, List[Example]] = field(default_factory=dict)

    def __getitem__(self, part: str) -> List[Example]:
        return self.parts.get(part, [])


def read_corpora(
    setup: Setup, nlp: Language, findings: List[Finding], progress: Optional[Progress] = None
) -> Corpora:
    """Read the corpora with the config's language and tokenizer.

    nlp (Language): without components.
    RETURNS (Corpora): what can be read. What cannot is added to the findings.
    """
    corpora = Corpora()
    _initialize_tokenizer(setup, nlp, findings)
    for part in PARTS:
        dot_name = str(setup.training.get(f"{part}_corpus", f"corpora.{part}"))
        block = block_at(setup.config, dot_name)
        missing = _missing_path(block, dot_name)
        if missing is not None:
            findings.append(missing)
            continue
        try:
            examples = islice(_read(block, nlp), _limit(setup, part))
            corpora.parts[part] = list(progress(examples, part) if progress else examples)
        # a reader is anybody's code, and a damaged file may raise anything
        except Exception as error:
            findings.append(_unreadable(error, dot_name))
            continue
        findings.append(_size(corpora[part], dot_name, block))
    return corpora


def block_at(config: Config, dot_name: str) -> Any:
    """RETURNS (Any): the block of a dotted name, or None."""
    block: Any = config
    for name in dot_name.split("."):
        block = block.get(name) if isinstance(block, dict) else None
    return block


def _limit(setup: Setup, part: str) -> Optional[int]:
    is_stream = part == "train" and setup.training.get("max_epochs") == -1
    return STREAM_LIMIT if is_stream else None


def _read(block: Dict[str, Any], nlp: Language) -> Iterator[Example]:
    return iter(registry.resolve({"reader": block})["reader"](nlp))


def _missing_path(block: Any, dot_name: str) -> Optional[Finding]:
    if not isinstance(block, dict):
        return Finding(FAILS, "a corpus that the config does not have", dot_name, do="Add its block.")
    if "path" not in block:
        return None
    path, setting = block["path"], f"--paths.{dot_name.rpartition('.')[2]}"
    if path is None:
        return Finding(FAILS, "a corpus without a path", dot_name, do=f"Give one, as with {setting}.")
    if not Path(path).exists():
        return Finding(
            FAILS, f"a file that is not there: {path}", dot_name, do=f"Correct {setting}, or make the file."
        )
    return None


def _remedy(error: Exception) -> str:
    """RETURNS (str): what to do about a corpus that cannot be read."""
    if "[E088]" in str(error):  # a Doc longer than nlp.max_length
        return "It has a Doc too long to read: cut it, by `bertfam convert --unit sentence` from its source."
    return "Correct the file." if isinstance(error, UserError) else "Convert it anew."


def _unreadable(error: Exception, dot_name: str) -> Finding:
    reason = reason_of(error, longest=200)
    if isinstance(error, (ConfigValidationError, RegistryError)):  # not the file is at fault
        return Finding(FAILS, REFUSED, dot_name, do=reason)
    return Finding(FAILS, f"a corpus that cannot be read: {reason}", dot_name, do=_remedy(error))


def _size(examples: List[Example], dot_name: str, block: Dict[str, Any]) -> Finding:
    if examples:
        return Finding(FINE, "a corpus", dot_name, len(examples))
    return Finding(
        FAILS, "an empty corpus", dot_name, 0,
        do=f"Expected Docs in {block.get('path', 'it')}: see what the conversion said.",
    )  # fmt: skip


def _initialize_tokenizer(setup: Setup, nlp: Language, findings: List[Finding]) -> None:
    settings = setup.config["initialize"].get("tokenizer") or {}
    if not hasattr(nlp.tokenizer, "initialize") or not settings:
        return
    try:
        nlp.tokenizer.initialize(lambda: [], nlp=nlp, **registry.resolve(settings))
    except Exception as error:  # a tokenizer is anybody's code
        findings.append(
            Finding(FAILS, "a tokenizer that cannot be made", "initialize.tokenizer", do=reason_of(error))
        )
