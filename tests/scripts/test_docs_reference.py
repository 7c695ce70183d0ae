"""The reference pages are made from the code: nothing that is registered is missing, and docstrings become lists."""

import re
from configparser import ConfigParser
from pathlib import Path

import docs_reference
from docs_reference import as_markdown

from spacy_bertfam import EXPORTS
from spacy_bertfam.cli.app import COMMANDS

ROOT = Path(__file__).parents[2]
DOCSTRING = """Make it.

    name (str | None): a ``folder``, or
        nothing.
    RETURNS (int): how many."""


def test_the_fields_of_a_docstring_become_a_list():
    assert as_markdown(DOCSTRING) == (
        "Make it.\n\n- **`name`** (`str | None`): a `folder`, or\n    nothing.\n- **Returns** (`int`): how many."
    )


def test_each_registered_name_has_its_section():
    parser = ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", encoding="utf8")
    groups = dict(parser["options.entry_points"])
    for other in ("console_scripts", "spacy_cli", "spacy_displacy_colors"):
        groups.pop(other)
    names = [line.split(" = ")[0] for group in groups.values() for line in group.strip().splitlines()]
    page = docs_reference.registered()
    assert re.findall(r"(?m)^### (.*)$", page) == names
    assert 'scheme = "BIOES"' in page and 'pooling = "first"' in page and "- **`pooling`**" in page


def test_each_command_has_its_section_with_its_options():
    page = docs_reference.commands()
    assert re.findall(r"(?m)^## (.*)$", page) == list(COMMANDS)
    assert "`--min-score" in page.split("## annotate")[1].split("## attention")[0]


def test_what_the_package_exports_is_in_the_api():
    page = docs_reference.api()
    assert all(f"::: spacy_bertfam.{module}.{name}\n" in page for name, module in EXPORTS.items())


def test_each_config_and_workflow_has_its_section():
    assert "## ner_shared\n" in docs_reference.configs()
    assert "## quickstart\n\n1. `encoder`: " in docs_reference.project()
