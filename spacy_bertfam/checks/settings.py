"""Does the config hold what spaCy needs, and does something read all that it holds?"""

from typing import Iterator, Sequence

from .finding import FAILS, Finding
from .setup import Setup
from .unread import Unread
from .values import wrong_values


def check_settings(setup: Setup, unread: Sequence[Unread]) -> Iterator[Finding]:
    """An empty pipeline, components without a block or source, what spaCy misses, names that nothing reads."""
    if not setup.components:
        yield Finding(FAILS, "a pipeline without components", "nlp.pipeline", do="Name them there.")
    names = setup.config["nlp"]["pipeline"]
    for name in setup.components:
        if names.count(name) > 1:
            yield Finding(
                FAILS, f"a component that is there {names.count(name)} times", name, do="Name it once."
            )
    for name, block in setup.components.items():
        if not block:
            yield Finding(FAILS, "a component without a block", name, do=f"Add [components.{name}].")
        elif "source" in block and "factory" not in block:
            yield Finding(
                FAILS, f"a source that is not there: {block['source']}", name,
                do="Install that pipeline, or give its folder.",
            )  # fmt: skip
        elif "factory" not in block:
            yield Finding(
                FAILS,
                "a component without a factory",
                name,
                do=f"Name one in [components.{name}], or a source.",
            )
    for wrong in wrong_values(setup.raw.interpolate()):
        yield Finding(FAILS, f"a setting that is {wrong.found}", wrong.name, do=f"Expected {wrong.expected}.")
    for one in unread:
        yield Finding(FAILS, one.what, one.place, do=one.remedy[0].upper() + one.remedy[1:])
