"""Who listens to which encoder, and whether anything comes back: listeners, frozen components, their order."""

from collections.abc import Iterator

from .finding import FAILS, FINE, Finding, change
from .setup import SHARED, Setup

ANNOTATING = "training.annotating_components"
CLEANERS = ("bertfam_cleaner", "doc_cleaner")


def check_listeners(setup: Setup) -> list[Finding]:
    """Find listeners without an encoder, and encoders that would not learn, or whose vectors nobody would get."""
    checks = (_upstreams, _after_a_cleaner, _last_listeners, _frozen_encoders, _annotating_listeners)
    problems = [finding for check in checks for finding in check(setup)]
    listeners = [name for name in setup.components if setup.listens_to(name)]
    fine = Finding(FINE, "every listener has an encoder before it", ", ".join(listeners))
    return problems or ([fine] if listeners else [])


def upstreams_of(setup: Setup, name: str) -> list[str]:
    """RETURNS (list[str]): the shared encoders before a component that it listens to."""
    names = list(setup.components)
    before = [other for other in names[: names.index(name)] if setup.factory(other) in SHARED]
    return [other for other in before if {"*", other} & set(setup.listens_to(name))]


def listeners_of(setup: Setup, encoder: str) -> list[str]:
    """RETURNS (list[str]): the components that listen to an encoder, in the order of the pipeline."""
    return [name for name in setup.components if encoder in upstreams_of(setup, name)]


def _upstreams(setup: Setup) -> Iterator[Finding]:
    disabled = setup.config["nlp"].get("disabled") or []
    for name in setup.components:
        found, wanted = upstreams_of(setup, name), setup.listens_to(name)
        for upstream in wanted:
            if not found or (upstream != "*" and upstream not in found):
                what = "an encoder" if upstream == "*" else f"the encoder {upstream!r}"
                remedy = "put it there, or set `upstream` to the name that it has."
                do = f"It listens to {what}, which the pipeline does not have before it: {remedy}"
                yield Finding(FAILS, "a listener without upstream", name, do=do)
            elif set(found) <= set(disabled):
                do = f"Take {', '.join(found)} out of nlp.disabled."
                yield Finding(FAILS, "a listener to a disabled encoder", name, do=do)
        if "*" in wanted and len(found) > 1:
            do = f"Set `upstream` in its [model.tok2vec] to one of {', '.join(found)}."
            yield Finding(FAILS, "a listener to any of several encoders", name, do=do)


def _after_a_cleaner(setup: Setup) -> Iterator[Finding]:
    cleaner = ""
    for name in setup.components:
        if setup.factory(name) in CLEANERS:
            cleaner = name
        elif cleaner and setup.listens_to(name):
            order = [*(other for other in setup.components if other != cleaner), cleaner]
            do, fix = f"Put {cleaner!r} at the end of nlp.pipeline.", change({"nlp.pipeline": order})
            yield Finding(FAILS, "a listener after what drops the vectors", name, do=do, fix=fix)


def _last_listeners(setup: Setup) -> Iterator[Finding]:
    """spaCy's encoder waits for its last listener before it learns; a frozen one never answers."""
    frozen = setup.frozen()
    for encoder in setup.with_factory(*SHARED):
        listeners = listeners_of(setup, encoder)
        trained = [name for name in listeners if name not in frozen]
        if encoder in frozen or not listeners or listeners[-1] in trained:
            continue
        if not trained:
            do = "All its listeners are frozen: freeze it too, or train one of them."
            yield Finding(FAILS, "an encoder that is trained by no one", encoder, do=do)
            continue
        order = [name for name in setup.components if name != trained[-1]]
        order.insert(order.index(listeners[-1]) + 1, trained[-1])
        do = f"It keeps {encoder!r} from learning: put {trained[-1]!r}, which is trained, after it."
        fix = change({"nlp.pipeline": order})
        yield Finding(FAILS, "a frozen listener in last place", listeners[-1], do=do, fix=fix)


def _frozen_encoders(setup: Setup) -> Iterator[Finding]:
    annotating = list(setup.training.get("annotating_components") or [])
    for encoder in setup.with_factory(*SHARED):
        trained = [name for name in listeners_of(setup, encoder) if name not in setup.frozen()]
        if encoder in setup.frozen() and trained and encoder not in annotating:
            what, none = (
                "a frozen encoder whose listeners get no vectors",
                f"{', '.join(trained)} would get none",
            )
            do = f"{none} in training: add {encoder!r} to {ANNOTATING}."
            yield Finding(FAILS, what, encoder, do=do, fix=change({ANNOTATING: [*annotating, encoder]}))


def _annotating_listeners(setup: Setup) -> Iterator[Finding]:
    """A head that annotates the texts of the training reads the vectors that its encoder leaves on them."""
    annotating = list(setup.training.get("annotating_components") or [])
    for name in (name for name in annotating if name in setup.components):
        missing = [encoder for encoder in upstreams_of(setup, name) if encoder not in annotating]
        if missing:
            what = "an annotating component whose encoder does not annotate"
            do = f"It would get no vectors: add {', '.join(map(repr, missing))} to {ANNOTATING}."
            yield Finding(FAILS, what, name, do=do, fix=change({ANNOTATING: [*missing, *annotating]}))
