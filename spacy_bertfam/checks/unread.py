"""Settings that nothing reads: spaCy drops the names that it does not know, and trains as if they were not there."""

import inspect
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from spacy.language import DEFAULT_CONFIG, Language
from spacy.schemas import CONFIG_SCHEMAS
from spacy.util import get_lang_class, registry
from thinc.api import Config
from thinc.config import VARIABLE_RE

from ..errors import UserError
from ..pipeline.find import walk_blocks

# Sections that spaCy reads; others are there for variables, or for code of the user's
SECTIONS = ("paths", "system", "nlp", "components", "corpora", "training", "pretraining", "initialize")
# Of these only what a variable refers to is read
FOR_VARIABLES = ("paths", "system")
# Lists of components: spaCy overlooks an unknown name, but for those that are frozen
NAME_LISTS = ("nlp.disabled", "training.annotating_components", "training.frozen_components")
OF_SOURCED = ("source", "component", "replace_listeners")
N_SHOWN = 12


@dataclass(frozen=True)
class Unread:
    """A setting, or a name in a list of components, that nothing reads."""

    place: str  # the block, or the list that names it, dotted; "" of a section
    last: str
    known: tuple[str, ...]  # what is read in its place
    nested: str = ""  # where in the block it is read
    is_component: bool = False

    @property
    def what(self) -> str:
        """What was found."""
        if self.is_component:
            return f"a component in {self.place} that the pipeline does not have: {self.last}"
        return f"a setting that nothing reads: {self._dotted(self.last)}"

    @property
    def remedy(self) -> str:
        """What to do about it."""
        meant = [self.nested] if self.nested else get_close_matches(self.last, self.known, n=1)
        if meant:
            return f"did you mean {meant[0] if self.is_component else self._dotted(meant[0])}?"
        known = ", ".join(self.known[:N_SHOWN]) + (", ..." if len(self.known) > N_SHOWN else "")
        return f"expected one of {known}." if known else "leave it out."

    def _dotted(self, last: str) -> str:
        return f"{self.place}.{last}" if self.place else last


def block_at(config: Any, place: str) -> dict[str, Any]:
    """RETURNS (dict[str, Any]): the block of a dotted name; empty where there is none."""
    for name in place.split("."):
        config = config.get(name) if isinstance(config, dict) else None
    return config if isinstance(config, dict) else {}


def require_blocks(config: Config, overrides: Mapping[str, Any]) -> None:
    """Refuse a setting of the command line in an unknown block; spaCy would not say which there are.

    config (Config): without the overrides.
    RAISES (UserError): when the config does not have the block.
    """
    for name in overrides:
        *places, _ = name.split(".")
        block: dict[str, Any] = config
        for i, part in enumerate(places):
            if not isinstance(block.get(part), dict):
                known = tuple(key for key, value in block.items() if isinstance(value, dict))
                remedy = Unread(".".join(places[:i]), part, known).remedy
                raise UserError(
                    f"The config has no block [{'.'.join(places[: i + 1])}] for --{name}: {remedy}"
                )
            block = block[part]


def language_of(config: Mapping[str, Any]) -> type[Language] | None:
    """RETURNS (type[Language] | None): the language of a config, if there is one, with all factories registered."""
    try:
        _register_factories(config["nlp"]["lang"])
        return get_lang_class(config["nlp"]["lang"])
    except (ImportError, KeyError, TypeError, ValueError):
        return None


@cache
def _register_factories(lang: str) -> None:
    get_lang_class(lang)()  # spaCy registers those of other packages when the first pipeline is made


def with_defaults(config: Config) -> Config:
    """RETURNS (Config): as spaCy fills it, with the defaults of its language."""
    language = language_of(config)
    return Config(language.default_config if language else DEFAULT_CONFIG).merge(config)


def find_unread(config: Config, overrides: Mapping[str, Any]) -> Iterator[Unread]:
    """YIELDS (Unread): each name that nothing reads. Functions and components that are not registered are passed over:
    spaCy does not overlook these.

    config (Config): with the overrides, not interpolated.
    """
    plain = config.interpolate()
    text = json.dumps(with_defaults(config), ensure_ascii=False, default=str)
    used = {variable[2:-1].replace(":", ".") for variable in VARIABLE_RE.findall(text)}
    for section in plain:
        is_used = any(name == section or name.startswith(f"{section}.") for name in used)
        if section not in SECTIONS and not is_used and get_close_matches(section, SECTIONS, cutoff=0.75):
            yield Unread("", section, SECTIONS)
    for name in overrides:
        section, _, last = name.partition(".")
        if section in FOR_VARIABLES and not {name, section} & used:
            known = sorted(one.partition(".")[2] for one in used if one.startswith(f"{section}."))
            yield Unread(section, last, tuple(known))
    schemas: Mapping[str, Any] = CONFIG_SCHEMAS
    for section, schema in schemas.items():
        yield from _unknown(section, block_at(plain, section), tuple(schema.model_fields))
    for section in SECTIONS:
        for place, block in walk_blocks(plain.get(section), section):
            yield from _unknown(place, block, _arguments(block))
    yield from _components(plain)


def _components(config: Config) -> Iterator[Unread]:
    """Find unknown names of components, and settings that a component's factory does not take."""
    blocks, pipeline = block_at(config, "components"), block_at(config, "nlp").get("pipeline")
    pipeline = [name for name in pipeline if isinstance(name, str)] if isinstance(pipeline, list) else []
    known = tuple(dict.fromkeys((*pipeline, *blocks)))
    for place in NAME_LISTS:
        section, _, setting = place.partition(".")
        names = block_at(config, section).get(setting)
        able = tuple(pipeline) if setting == "frozen_components" else known
        for name in names if isinstance(names, list) else ():
            if name not in able:
                yield Unread(place, str(name), able, is_component=True)
    yield from _unknown("initialize.components", block_at(config, "initialize.components"), known)
    language = language_of(config)
    for name in pipeline:
        block = blocks[name] if isinstance(blocks.get(name), dict) else {}
        taken: tuple[str, ...] | None = OF_SOURCED if "source" in block else None
        if "factory" in block:
            taken = _settings_of(language, block["factory"]) if language else None
        yield from _unknown(f"components.{name}", block, taken)


def arguments_of(function: Callable[..., object]) -> tuple[str, ...] | None:
    """RETURNS (tuple[str, ...] | None): names of the arguments; None where it takes any, or has no signature."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return None if any(p.kind is p.VAR_KEYWORD for p in parameters) else tuple(p.name for p in parameters)


def _arguments(block: Mapping[str, Any]) -> tuple[str, ...] | None:
    """RETURNS (tuple[str, ...] | None): what the registered function of a block takes, if it has one."""
    references = [(key[1:], value) for key, value in block.items() if str(key).startswith("@")]
    if len(references) != 1 or not all(isinstance(part, str) for part in references[0]):
        return None
    found = arguments_of(registry.get(*references[0])) if registry.has(*references[0]) else None
    return None if found is None else (*found, f"@{references[0][0]}", "*")


def _settings_of(language: type[Language], factory: str) -> tuple[str, ...] | None:
    """RETURNS (tuple[str, ...] | None): what a component's block may have."""
    own = language.get_factory_name(factory)
    name = own if own in registry.factories else factory
    found = arguments_of(registry.factories.get(name)) if name in registry.factories else None
    return None if found is None else (*(one for one in found if one not in ("nlp", "name")), "factory")


def _unknown(place: str, block: Mapping[str, Any], known: Collection[str] | None) -> Iterator[Unread]:
    for key in block:
        if known is not None and key not in known:
            others = {name: value for name, value in block.items() if name != key}
            nested = (f"{inner}.{key}" for inner, found in walk_blocks(others) if inner and key in found)
            yield Unread(place, str(key), tuple(known), next(nested, ""))
