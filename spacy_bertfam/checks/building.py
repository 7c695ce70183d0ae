"""Each block of a config is built as training would build it, as far as that needs no weights and no texts."""

from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

from spacy.language import Language
from spacy.schemas import ConfigSchemaInit, ConfigSchemaPretrain, ConfigSchemaTraining, validate_init_settings
from spacy.util import is_package, load_model_from_config, registry
from thinc.api import Config

from .finding import FAILS, REFUSED, SUSPICIOUS, Finding
from .reasons import reason_of
from .setup import Setup

LONGEST = 400  # characters of a reason


def build_language(setup: Setup, findings: List[Finding]) -> Optional[Language]:
    """RETURNS (Optional[Language]): the config's pipeline without its components; None, and a finding, where it cannot
    be made."""
    block = dict(setup.config["nlp"])
    for name in ("pipeline", "disabled"):  # what is no list of names is to be refused
        names = block.get(name)
        block[name] = [] if isinstance(names, list) and all(isinstance(one, str) for one in names) else names
    try:
        return load_model_from_config(Config({"nlp": block, "components": {}}), auto_fill=True)
    except Exception as error:  # a tokenizer or callback is anybody's code
        findings.append(_refused("nlp", error))
        return None


def check_blocks(setup: Setup, nlp: Language) -> Iterator[Finding]:
    """Blocks that spaCy, or what they name, refuses. A component that comes from a pipeline is not loaded."""
    yield from _built("training", lambda: _resolve(setup.training, ConfigSchemaTraining))
    corpora = setup.config["corpora"]
    used = [setup.training.get("train_corpus"), setup.training.get("dev_corpus")]
    for name in corpora:  # spaCy builds all of them; those two are read besides
        if f"corpora.{name}" not in used:
            yield from _built(f"corpora.{name}", lambda name=name: _resolve({name: corpora[name]}))  # type: ignore[misc]
    settings: Dict[str, Any] = {}
    yield from _built(
        "initialize", lambda: settings.update(_resolve(setup.config["initialize"], ConfigSchemaInit))
    )
    yield from _initialize_files(setup)
    if setup.config.get("pretraining"):
        yield from _built("pretraining", lambda: _resolve(setup.config["pretraining"], ConfigSchemaPretrain))
    for name in setup.components:
        block = setup.config["components"].get(name)
        if isinstance(block, dict) and "factory" in block:
            yield from _component(nlp, name, block, settings.get("components", {}).get(name))


def _initialize_files(setup: Setup) -> Iterator[Finding]:
    block, pretraining = setup.config["initialize"], setup.config.get("pretraining")
    for name in ("vocab_data", "vectors", *(("init_tok2vec",) if pretraining else ())):
        given = block.get(name)
        if (
            isinstance(given, str)
            and not Path(given).exists()
            and not (name == "vectors" and is_package(given))
        ):
            yield Finding(
                FAILS, f"a file that is not there: {given}", f"initialize.{name}",
                do="Correct the path, or take it out.",
            )  # fmt: skip
    if block.get("init_tok2vec") and not pretraining:
        yield Finding(
            SUSPICIOUS, "weights that nothing reads", "initialize.init_tok2vec",
            do="spaCy reads them only where there is a block [pretraining], which says what for.",
        )  # fmt: skip


def _component(nlp: Language, name: str, block: Dict[str, Any], settings: Any) -> Iterator[Finding]:
    config = {key: value for key, value in block.items() if key != "factory"}
    made: List[Any] = []
    settings = settings if isinstance(settings, dict) else {}
    place = f"components.{name}"
    yield from _built(place, lambda: made.append(nlp.create_pipe(block["factory"], name, config=config)))
    if made and hasattr(made[0], "initialize"):
        check: Callable[[], Any] = lambda: validate_init_settings(made[0].initialize, settings)  # noqa: E731
        yield from _built(f"initialize.{place}", check)


def _resolve(block: Dict[str, Any], schema: Any = None) -> Dict[str, Any]:
    return registry.resolve(Config(block), schema=schema)


def _built(place: str, build: Callable[[], Any]) -> Iterator[Finding]:
    try:
        build()
    except Exception as error:  # a registered function is anybody's code
        yield _refused(place, error)


def _refused(place: str, error: Exception) -> Finding:
    reason = reason_of(error, longest=LONGEST)
    return Finding(FAILS, REFUSED, place, do=reason[:1].upper() + reason[1:])
