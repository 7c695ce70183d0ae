"""A training config as the checks read it: variables filled in, the blocks of sourced components looked up."""

import sys
from configparser import Error as ConfigError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from spacy import util
from thinc.api import Config

from ..errors import UserError
from .unread import require_blocks, with_defaults

STDIN = "-"
# Components whose vectors others listen to
SHARED = ("bertfam_encoder", "tok2vec", "transformer", "curated_transformer")
OUR_ENCODER = "spacy-bertfam.Encoder.v1"
OUR_NER = "bertfam_ner"
RECOGNISERS = (OUR_NER, "ner", "beam_ner")


@dataclass(frozen=True)
class Setup:
    """What a training would work with."""

    path: Path
    raw: Config  # as written, with the overrides; variables are still variables
    config: Config  # with spaCy's defaults, as training has it
    components: Dict[str, Dict[str, Any]] = field(default_factory=dict)  # in the order of the pipeline
    overrides: Dict[str, Any] = field(default_factory=dict)

    @property
    def training(self) -> Dict[str, Any]:
        """The block [training]."""
        return self.config.get("training", {})

    def factory(self, name: str) -> str:
        """RETURNS (str): the factory of a component; "" where it cannot be known."""
        return self.components[name].get("factory", "")

    def with_factory(self, *factories: str) -> List[str]:
        """RETURNS (List[str]): names of the components that have one of the factories."""
        return [name for name in self.components if self.factory(name) in factories]

    def frozen(self) -> List[str]:
        """RETURNS (List[str]): components that training leaves as they are."""
        names = self.training.get("frozen_components")
        return names if isinstance(names, list) else []

    def encoders(self) -> Iterator[Tuple[str, Dict[str, Any]]]:
        """YIELDS (Tuple): name of the component and the block of each of our encoders, shared or own."""
        for name, block in self.components.items():
            for inner in blocks(block):
                if inner.get("@architectures") == OUR_ENCODER:
                    yield name, inner

    def listens_to(self, name: str) -> List[str]:
        """RETURNS (List[str]): the upstream that each listener of a component names; "*" is any."""
        block = self.components[name]
        if self.factory(name) in SHARED or block.get("replace_listeners"):
            return []
        found = [inner for inner in blocks(block) if "Listener" in str(inner.get("@architectures", ""))]
        return [str(inner.get("upstream", "*")) for inner in found]


def read_config(path: Path, overrides: Dict[str, Any]) -> Config:
    """RETURNS (Config): of a file, or of standard input ("-"), with the overrides; variables are still variables.

    RAISES (UserError): when it cannot be read.
    """
    if str(path) != STDIN and not path.is_file():
        raise UserError(
            f"No config {path}; expected a file, as `spacy init config` makes, or - for standard input."
        )
    try:
        text = sys.stdin.read() if str(path) == STDIN else path.read_text(encoding="utf8")
        require_blocks(util.load_config_from_str(text), overrides)
        raw: Config = util.load_config_from_str(text, overrides=overrides)
        raw.interpolate()
    except UserError:
        raise
    except (ValueError, ConfigError) as error:  # the second one of a block that is there twice
        reason = " ".join(str(error).split())
        raise UserError(f"{path} is no config that spaCy can read ({reason}): correct it first.") from error
    return raw


def read_setup(path: Path, overrides: Dict[str, Any]) -> Setup:
    """Read a config and what it takes its components from; nothing is loaded.

    RAISES (UserError): when it cannot be read.
    """
    raw = read_config(path, overrides)
    config = with_defaults(raw).interpolate()
    names, given = config["nlp"]["pipeline"], config["components"]
    names = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    blocks_of = {name: full_block(name, given.get(name)) for name in names}
    return Setup(path, raw, config, blocks_of, dict(overrides))


def full_block(name: str, block: Any) -> Dict[str, Any]:
    """RETURNS (dict): a component's block; of a sourced one that of the pipeline that it comes from; empty where there
    is none."""
    if not isinstance(block, dict):
        return {}
    if "source" not in block:
        return block
    config = find_source(str(block["source"]))
    inner = config.get("components", {}).get(block.get("component", name), {})
    return {**inner, **block}


def find_source(source: str) -> Dict[str, Any]:
    """RETURNS (dict): the config of an installed pipeline or of a folder; empty where there is none."""
    folder = Path(source)
    if util.is_package(source):
        folder = next(util.get_package_path(source).glob("*/config.cfg"), folder / "config.cfg").parent
    file = folder / "config.cfg"
    return util.load_config(file, interpolate=True) if file.is_file() else {}


def blocks(block: Any) -> Iterator[Dict[str, Any]]:
    """YIELDS (dict): a block and all blocks within it."""
    if isinstance(block, dict):
        yield block
        for value in block.values():
            yield from blocks(value)
