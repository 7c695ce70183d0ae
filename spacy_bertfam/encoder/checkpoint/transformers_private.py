"""What is used of `transformers` though it is not public: nowhere else, and tests/test_private_names.py notices when
it changes."""

from typing import Any


def architectures_of(auto: Any, config: Any) -> list[Any]:
    """RETURNS (list[type]): the classes that an ``AutoModel`` and the like has for such settings, mostly one."""
    found = auto._model_mapping.get(type(config), ())
    return list(found) if isinstance(found, (list, tuple)) else [found]
