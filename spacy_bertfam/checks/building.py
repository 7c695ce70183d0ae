"""Each block of a config is built as training would build it, as far as that needs no weights and no texts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.schemas import ConfigSchemaInit, ConfigSchemaPretrain, ConfigSchemaTraining, validate_init_settings
from spacy.util import is_package, load_model_from_config, registry
from thinc.api import Config

from .finding import FAILS, REFUSED, SUSPICIOUS, Finding
from .reasons import reason_of
from .setup import Block, Setup

LONGEST = 400  # characters of a reason


def build_language(setup: Setup, findings: list[Finding]) -> Language | None:
    """RETURNS (Language | None): the config's pipeline without its components; None, and a finding, where it cannot
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
    """Find blocks that spaCy, or what they name, refuses. A component that comes from a pipeline is not loaded."""
    config, resolved = setup.config, dict[str, Any]()
    blocks: list[tuple[str, Block, Any]] = [("training", setup.training, ConfigSchemaTraining)]
    used = [setup.training.get("train_corpus"), setup.training.get("dev_corpus")]
    for name, corpus in config["corpora"].items():  # spaCy builds all of them; those two are read besides
        if f"corpora.{name}" not in used:
            blocks.append((f"corpora.{name}", {name: corpus}, None))
    blocks.append(("initialize", config["initialize"], ConfigSchemaInit))
    if config.get("pretraining"):
        blocks.append(("pretraining", config["pretraining"], ConfigSchemaPretrain))
    for place, block, schema in blocks:
        try:
            resolved[place] = registry.resolve(Config(block), schema=schema)
        except Exception as error:  # a registered function is anybody's code
            yield _refused(place, error)
    yield from _initialize_files(setup)
    settings = resolved.get("initialize", {}).get("components", {})
    for name in setup.components:
        block = config["components"].get(name)
        if isinstance(block, dict) and "factory" in block:
            yield from _component(nlp, name, block, settings.get(name))


def _initialize_files(setup: Setup) -> Iterator[Finding]:
    block, pretraining = setup.config["initialize"], setup.config.get("pretraining")
    for name in ("vocab_data", "vectors", *(("init_tok2vec",) if pretraining else ())):
        given = block.get(name)
        is_path = isinstance(given, str) and not (name == "vectors" and is_package(given))
        if is_path and not Path(given).exists():
            what, do = f"a file that is not there: {given}", "Correct the path, or take it out."
            yield Finding(FAILS, what, f"initialize.{name}", do=do)
    if block.get("init_tok2vec") and not pretraining:
        do = "spaCy reads them only where there is a block [pretraining], which says what for."
        yield Finding(SUSPICIOUS, "weights that nothing reads", "initialize.init_tok2vec", do=do)


def _component(nlp: Language, name: str, block: Block, settings: Any) -> Iterator[Finding]:
    config = {key: value for key, value in block.items() if key != "factory"}
    place = f"components.{name}"
    try:
        component = nlp.create_pipe(block["factory"], name, config=config)
        place = f"initialize.{place}"
        if hasattr(component, "initialize"):
            validate_init_settings(component.initialize, settings if isinstance(settings, dict) else {})
    except Exception as error:  # a factory is anybody's code
        yield _refused(place, error)


def _refused(place: str, error: Exception) -> Finding:
    reason = reason_of(error, longest=LONGEST)
    return Finding(FAILS, REFUSED, place, do=reason[:1].upper() + reason[1:])
