"""Settings that nothing reads: spaCy drops the names that it does not know, and trains as if they were not there."""

import inspect
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Callable, Dict, Iterator, Mapping, Optional, Sequence, Set, Tuple, Type

from spacy.language import DEFAULT_CONFIG, Language
from spacy.schemas import CONFIG_SCHEMAS
from spacy.util import get_lang_class, registry
from thinc.api import Config
from thinc.config import VARIABLE_RE

from ..errors import UserError

# Sections that spaCy reads; others are there for variables, or for code of the user's
SECTIONS = ("paths", "system", "nlp", "components", "corpora", "training", "pretraining", "initialize")
# Of these only what a variable refers to is read
FOR_VARIABLES = ("paths", "system")
# Lists of components: spaCy overlooks a name that there is not, but for those that are frozen
NAME_LISTS = (("nlp", "disabled"), ("training", "annotating_components"), ("training", "frozen_components"))
OF_SOURCED = ("source", "component", "replace_listeners")
N_SHOWN = 12


@dataclass(frozen=True)
class Unread:
    """A setting, or a name in a list of components, that nothing reads."""

    place: str  # the block, or the list that names it, dotted; "" of a section
    last: str
    known: Tuple[str, ...]  # what is read in its place
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


def require_blocks(config: Config, overrides: Mapping[str, Any]) -> None:
    """RAISES (UserError): when a setting of the command line is in a block that the config does not have; spaCy would
    not say which it has.

    config (Config): without the overrides.
    """
    for name in overrides:
        block: Any = config
        *places, _ = parts = name.split(".")
        for i, part in enumerate(places):
            if not isinstance(block, dict) or not isinstance(block.get(part), dict):
                known = tuple(key for key, value in block.items() if isinstance(value, dict))
                one = Unread(".".join(parts[:i]), part, known)
                raise UserError(
                    f"The config has no block [{'.'.join(parts[: i + 1])}] for --{name}: {one.remedy}"
                )
            block = block[part]


def language_of(config: Mapping[str, Any]) -> Optional[Type[Language]]:
    """RETURNS (Optional[Type[Language]]): the language of a config, with all factories registered; None if there is
    none."""
    try:
        found: Type[Language] = get_lang_class(config["nlp"]["lang"])
        found()  # spaCy registers the factories of other packages when the first pipeline is made
    except (ImportError, KeyError, TypeError, ValueError):
        return None
    return found


def with_defaults(config: Config) -> Config:
    """RETURNS (Config): as spaCy fills it, with the defaults of its language."""
    language = language_of(config)
    return Config(language.default_config if language else DEFAULT_CONFIG).merge(config)


def find_unread(config: Config, overrides: Mapping[str, Any]) -> Iterator[Unread]:
    """YIELDS (Unread): each name that nothing reads. Functions and components that are not registered are passed over:
    spaCy does not overlook these. Arguments are those of ``require_read``."""
    plain = config.interpolate()
    used = set(_variables(with_defaults(config)))
    yield from _sections(plain, used)
    yield from _overrides(overrides, used)
    schemas: Dict[str, Any] = dict(CONFIG_SCHEMAS)
    for section, schema in schemas.items():
        yield from _unknown(section, _at(plain, section), tuple(schema.model_fields))
    for section in SECTIONS:
        yield from _arguments(section, _at(plain, section))
    yield from _components(plain)


def _sections(config: Config, used: Set[str]) -> Iterator[Unread]:
    for section in config:
        is_used = any(name == section or name.startswith(f"{section}.") for name in used)
        if section not in SECTIONS and not is_used and get_close_matches(section, SECTIONS, cutoff=0.75):
            yield Unread("", section, SECTIONS)


def _overrides(overrides: Mapping[str, Any], used: Set[str]) -> Iterator[Unread]:
    for name in overrides:
        section, _, last = name.partition(".")
        if section in FOR_VARIABLES and not {name, section} & used:
            known = sorted(one.partition(".")[2] for one in used if one.startswith(f"{section}."))
            yield Unread(section, last, tuple(known))


def _components(config: Config) -> Iterator[Unread]:
    """Names of components that there are not, and settings that a component's factory does not take."""
    blocks, pipeline = _at(config, "components"), _at(config, "nlp").get("pipeline")
    pipeline = [name for name in pipeline if isinstance(name, str)] if isinstance(pipeline, list) else []
    known = tuple(dict.fromkeys((*pipeline, *blocks)))
    for section, setting in NAME_LISTS:
        names = _at(config, section).get(setting)
        able = tuple(pipeline) if setting == "frozen_components" else known
        for name in names if isinstance(names, list) else ():
            if name not in able:
                yield Unread(f"{section}.{setting}", str(name), able, is_component=True)
    yield from _unknown("initialize.components", _at(config, "initialize", "components"), known)
    language = language_of(config)
    for name in pipeline:
        block = _at(blocks, name)
        if "factory" in block:
            found = _of_factory(language, block["factory"]) if language else None
        else:
            found = OF_SOURCED if "source" in block else None
        yield from _unknown(f"components.{name}", block, found)


def _at(config: Mapping[str, Any], *places: str) -> Dict[str, Any]:
    """RETURNS (dict): a block within blocks; empty where there is none."""
    block: Any = config
    for name in places:
        block = block.get(name) if isinstance(block, dict) else None
    return block if isinstance(block, dict) else {}


def _arguments(place: str, block: Any) -> Iterator[Unread]:
    """What stands in the blocks of registered functions and is no argument of theirs."""
    if not isinstance(block, dict):
        return
    references = [(key[1:], value) for key, value in block.items() if str(key).startswith("@")]
    if len(references) == 1 and all(isinstance(part, str) for part in references[0]):
        registry_name, name = references[0]
        if registry.has(registry_name, name):
            found = arguments_of(registry.get(registry_name, name))
            yield from _unknown(place, block, found if found is None else (*found, f"@{registry_name}", "*"))
    for key, value in block.items():
        yield from _arguments(f"{place}.{key}", value)


def arguments_of(function: Callable[..., Any]) -> Optional[Tuple[str, ...]]:
    """RETURNS (Optional[Tuple[str, ...]]): names of the arguments; None where it takes any, or has no signature."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return None if any(p.kind is p.VAR_KEYWORD for p in parameters) else tuple(p.name for p in parameters)


def _unknown(place: str, block: Any, known: Optional[Sequence[str]]) -> Iterator[Unread]:
    if known is not None and isinstance(block, dict):
        for key in block:
            if key not in known:
                yield Unread(place, str(key), tuple(known), next(_nested(block, key), ""))


def _nested(block: Mapping[str, Any], key: str) -> Iterator[str]:
    """YIELDS (str): where within a block there is a setting of that name, dotted."""
    for name, inner in block.items():
        if name != key and isinstance(inner, dict):
            yield from (f"{name}.{found}" for found in ((key,) if key in inner else _nested(inner, key)))


def _of_factory(language: Type[Language], factory: str) -> Optional[Tuple[str, ...]]:
    name = language.get_factory_name(factory)
    name = name if name in registry.factories else factory
    if name not in registry.factories:
        return None
    found = arguments_of(registry.factories.get(name))
    return None if found is None else (*(one for one in found if one not in ("nlp", "name")), "factory")


def _variables(value: Any) -> Iterator[str]:
    """YIELDS (str): the dotted name of each variable that is referred to."""
    if isinstance(value, dict):
        for one in value.values():
            yield from _variables(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _variables(one)
    elif isinstance(value, str):
        for found in VARIABLE_RE.findall(value):
            yield found[2:-1].replace(":", ".")
