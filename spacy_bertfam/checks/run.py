"""All checks on a config, and the repair of what they have found."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spacy.util import dot_to_dict

from ..files.saving import write_file
from .building import build_language, check_blocks
from .corpora import PARTS, Corpora, Progress, read_corpora
from .encoders import check_encoders
from .finding import FAILS, REFUSED, STATES, Finding
from .gold import check_gold_entities
from .leaks import check_leaks
from .listeners import check_listeners
from .pieces import check_pieces
from .rates import check_rates
from .settings import check_settings
from .setup import Setup
from .unread import find_unread


def check_setup(setup: Setup, *, progress: Progress | None = None) -> list[Finding]:
    """Look at a training config and at the corpora that it names; nothing is trained, no weights are loaded.

    progress (Progress | None): is handed the examples of a corpus and its name, and yields them.
    RETURNS (list[Finding]): the worst first.
    """
    unread = list(find_unread(setup.raw, setup.overrides))
    findings = list(check_settings(setup, unread))
    nlp = build_language(setup, findings)
    if nlp is not None:
        findings += check_blocks(setup, nlp)
    refused = {one.where for one in findings if one.state == FAILS}
    facts, of_encoders = check_encoders(setup, refused=refused)
    findings += [*check_listeners(setup), *of_encoders]
    if not any(place.startswith("training") for place in refused):
        findings += check_rates(setup, facts)
    corpora: Corpora = dict.fromkeys(PARTS, ())
    if nlp is not None:
        corpora = read_corpora(setup, nlp, findings, progress)
    findings += [
        *check_gold_entities(setup, corpora),
        *check_leaks(setup, corpora),
        *check_pieces(facts, corpora),
    ]
    # of a block with a name that nothing reads spaCy says no more than that
    known = [f"{one.place}." for one in unread if not one.is_component]
    said = [f for f in findings if f.what != REFUSED or not any(p.startswith(f"{f.where}.") for p in known)]
    return sorted(said, key=lambda finding: STATES.index(finding.state))


def write_fixed(setup: Setup, findings: Sequence[Finding], path: Path) -> list[str]:
    """Write a config in which what can be repaired is repaired; the one that was checked stays as it is.

    The overrides that it was checked with are in it, and variables stay variables. Comments are lost: spaCy's config
    writer keeps none.
    RETURNS (list[str]): the settings that were changed, as "name = value"; nothing is written where there are none.
    """
    changes: dict[str, Any] = {}
    for finding in findings:
        if finding.fix is not None:
            changes.update(finding.fix(path.parent))
    if changes:
        write_file(path, setup.raw.merge(dot_to_dict(changes)).to_str())
    return [f"{name} = {value}" for name, value in changes.items()]
