"""Who listens to which encoder, and whether anything comes back: listeners, frozen components, their order."""

from typing import Iterator, List

from .finding import FAILS, FINE, Finding, change
from .setup import SHARED, Setup

CLEANERS = ("bertfam_cleaner", "doc_cleaner")


def check_listeners(setup: Setup) -> Iterator[Finding]:
    """Listeners without an encoder; encoders that would not learn, or would not be heard."""
    found = [
        *_without_upstream(setup),
        *_without_name(setup),
        *_behind_a_cleaner(setup),
        *_frozen_in_last_place(setup),
        *_frozen_encoders(setup),
    ]
    listeners = [name for name in setup.components if setup.listens_to(name)]
    if listeners and not found:
        yield Finding(FINE, "every listener has an encoder before it", ", ".join(listeners))
    yield from found


def upstreams_of(setup: Setup, name: str) -> List[str]:
    """RETURNS (List[str]): the shared encoders before a component that it listens to."""
    names = list(setup.components)
    before = [other for other in names[: names.index(name)] if setup.factory(other) in SHARED]
    return [other for other in before if {"*", other} & set(setup.listens_to(name))]


def listeners_of(setup: Setup, encoder: str) -> List[str]:
    """RETURNS (List[str]): the components that listen to an encoder, in the order of the pipeline."""
    return [name for name in setup.components if encoder in upstreams_of(setup, name)]


def _without_upstream(setup: Setup) -> Iterator[Finding]:
    disabled = setup.config["nlp"].get("disabled") or []
    for name in setup.components:
        for upstream in setup.listens_to(name):
            heard = upstreams_of(setup, name)
            wanted = "an encoder" if upstream == "*" else f"the encoder {upstream!r}"
            if not heard or (upstream != "*" and upstream not in heard):
                yield Finding(
                    FAILS, "a listener without upstream", name,
                    do=f"It listens to {wanted}, which the pipeline does not have before it: put it there, or "
                    "set `upstream` to the name that it has.",
                )  # fmt: skip
            elif set(heard) <= set(disabled):
                yield Finding(
                    FAILS, "a listener to a disabled encoder", name,
                    do=f"Take {', '.join(heard)} out of nlp.disabled.",
                )  # fmt: skip


def _without_name(setup: Setup) -> Iterator[Finding]:
    for name in setup.components:
        heard = upstreams_of(setup, name)
        if "*" in setup.listens_to(name) and len(heard) > 1:
            yield Finding(
                FAILS, "a listener to any of several encoders", name,
                do=f"Set `upstream` in its [model.tok2vec] to one of {', '.join(heard)}.",
            )  # fmt: skip


def _behind_a_cleaner(setup: Setup) -> Iterator[Finding]:
    cleaned = ""
    for name in setup.components:
        if setup.factory(name) in CLEANERS:
            cleaned = name
        elif cleaned and setup.listens_to(name):
            yield Finding(
                FAILS, "a listener behind what drops the vectors", name,
                do=f"Put {cleaned!r} at the end of nlp.pipeline.",
                fix=change(nlp__pipeline=[*(n for n in setup.components if n != cleaned), cleaned]),
            )  # fmt: skip


def _frozen_in_last_place(setup: Setup) -> Iterator[Finding]:
    """spaCy's encoder waits for its last listener before it learns; a frozen one never answers."""
    frozen = setup.frozen()
    for encoder in setup.with_factory(*SHARED):
        listeners = listeners_of(setup, encoder)
        trained = [name for name in listeners if name not in frozen]
        if encoder in frozen or not listeners or listeners[-1] in trained:
            continue
        if not trained:
            yield Finding(
                FAILS, "an encoder that is trained by no one", encoder,
                do="All its listeners are frozen: freeze it too, or train one of them.",
            )  # fmt: skip
            continue
        order = [name for name in setup.components if name != trained[-1]]
        order.insert(order.index(listeners[-1]) + 1, trained[-1])
        yield Finding(
            FAILS, "a frozen listener in last place", listeners[-1],
            do=f"It keeps {encoder!r} from learning: put {trained[-1]!r}, which is trained, behind it.",
            fix=change(nlp__pipeline=order),
        )  # fmt: skip


def _frozen_encoders(setup: Setup) -> Iterator[Finding]:
    annotating = list(setup.training.get("annotating_components") or [])
    for encoder in setup.with_factory(*SHARED):
        trained = [name for name in listeners_of(setup, encoder) if name not in setup.frozen()]
        if encoder in setup.frozen() and trained and encoder not in annotating:
            yield Finding(
                FAILS, "a frozen encoder that its listeners do not hear", encoder,
                do=f"{', '.join(trained)} would get no vectors in training: add {encoder!r} to "
                "training.annotating_components.",
                fix=change(training__annotating_components=[*annotating, encoder]),
            )  # fmt: skip
