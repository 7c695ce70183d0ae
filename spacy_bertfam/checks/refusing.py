"""What a training is refused for before anything is loaded: by `bertfam train`, for our pipelines by `spacy train`."""

from typing import Any, Mapping

from thinc.api import Config

from ..errors import UserError
from .unread import find_unread
from .values import wrong_values


def require_sound(config: Config, overrides: Mapping[str, Any]) -> None:
    """RAISES (UserError): when a config, or a setting of the command line, has a name that nothing reads, or a value
    that training would fail on without a sentence.

    config (Config): with the overrides, not interpolated.
    """
    said = [f"The config has {one.what}; {one.remedy}" for one in find_unread(config, overrides)]
    wrong = wrong_values(config.interpolate())
    said += [f"In the config {one.name} is {one.found}; expected {one.expected}." for one in wrong]
    if said:
        raise UserError(" ".join(said))


def is_ours(block: Any) -> bool:
    """Whether a config, or a block of it, names a component or function of this package."""
    if not isinstance(block, dict):
        return False
    names = (value for key, value in block.items() if key == "factory" or str(key).startswith("@"))
    return any(str(name).startswith(("bertfam_", "spacy-bertfam.")) for name in names) or any(
        map(is_ours, block.values())
    )
