"""A training config as the checks read it: variables filled in, the blocks of sourced components looked up."""

import sys
from collections.abc import Iterator
from configparser import Error as ConfigError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spacy import util
from thinc.api import Config

from ..errors import UserError
from ..pipeline.find import ARCHITECTURE, walk_blocks
from .unread import block_at, require_blocks, with_defaults

STDIN = "-"
# Components whose vectors others listen to
SHARED = ("bertfam_encoder", "tok2vec", "transformer", "curated_transformer")
OUR_NER = "bertfam_ner"
RECOGNIZERS = (OUR_NER, "ner", "beam_ner")

Block = dict[str, Any]


@dataclass(frozen=True)
class Setup:
    """What a training would work with."""

    raw: Config  # as written, with the overrides; variables are still variables
    config: Config  # with spaCy's defaults, as training has it
    components: dict[str, Block] = field(default_factory=dict)  # in the order of the pipeline
    overrides: dict[str, Any] = field(default_factory=dict)

    @property
    def training(self) -> Block:
        """The block [training]."""
        return block_at(self.config, "training")

    def factory(self, name: str) -> str:
        """RETURNS (str): the factory of a component; "" where it cannot be known."""
        return str(self.components[name].get("factory", ""))

    def with_factory(self, *factories: str) -> list[str]:
        """RETURNS (list[str]): names of the components that have one of the factories."""
        return [name for name in self.components if self.factory(name) in factories]

    def frozen(self) -> list[str]:
        """RETURNS (list[str]): components that training leaves as they are."""
        names = self.training.get("frozen_components")
        return names if isinstance(names, list) else []

    def encoders(self) -> Iterator[tuple[str, Block]]:
        """YIELDS (tuple[str, dict]): name of the component and the block of each of our encoders, shared or own."""
        for name, block in self.components.items():
            for _, inner in walk_blocks(block):
                if inner.get("@architectures") == ARCHITECTURE:
                    yield name, inner

    def listens_to(self, name: str) -> list[str]:
        """RETURNS (list[str]): the upstream that each listener of a component names; "*" is any."""
        block = self.components[name]
        if self.factory(name) in SHARED or block.get("replace_listeners"):
            return []
        found = [one for _, one in walk_blocks(block) if "Listener" in str(one.get("@architectures", ""))]
        return [str(one.get("upstream", "*")) for one in found]


def read_config(path: Path, overrides: dict[str, Any]) -> Config:
    """Read the config of a file, or of standard input ("-"), with the overrides; variables stay variables.

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


def read_setup(path: Path, overrides: dict[str, Any]) -> Setup:
    """Read a config and what it takes its components from; nothing is loaded.

    RAISES (UserError): when it cannot be read.
    """
    raw = read_config(path, overrides)
    config = with_defaults(raw).interpolate()
    names = config["nlp"]["pipeline"]
    names = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    components = {name: full_block(name, config["components"].get(name)) for name in names}
    return Setup(raw, config, components, dict(overrides))


def full_block(name: str, block: Any) -> Block:
    """RETURNS (dict): a component's block, of a sourced one that of the pipeline that it comes from; empty where there
    is none."""
    if not isinstance(block, dict) or "source" not in block:
        return block if isinstance(block, dict) else {}
    source = str(block["source"])
    file = Path(source) / "config.cfg"
    if util.is_package(source):
        file = next(util.get_package_path(source).glob("*/config.cfg"), file)
    config = util.load_config(file, interpolate=True) if file.is_file() else {}
    return {**config.get("components", {}).get(block.get("component", name), {}), **block}
