"""The reference pages, made from the code: commands, registered names, Python API, configs, workflows."""

import inspect
import re
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path
from typing import Any

import srsly
import typer
from spacy.language import Language
from thinc.api import Config
from typer.main import get_command

import spacy_bertfam
from spacy_bertfam.cli.app import app

ROOT = Path(__file__).parents[1]
# a field of a docstring in spaCy's form
FIELD = re.compile(r"(?P<name>\*{0,2}\w+|RETURNS|YIELDS|RAISES) \((?P<type>.+?)\): (?P<text>.*)", re.S)
# group of entry points -> where a config names what is in it
BLOCKS = {
    "spacy_architectures": "@architectures",
    "thinc_layers": "@layers",
    "thinc_optimizers": "@optimizers",
    "thinc_schedules": "@schedules",
    "thinc_initializers": "@initializers",
    "spacy_batchers": "@batchers",
    "spacy_loggers": "@loggers",
    "spacy_tokenizers": "@tokenizers",
    "spacy_readers": "@readers",
    "spacy_augmenters": "@augmenters",
    "spacy_callbacks": "@callbacks",
    "spacy_scorers": "@scorers",
}
# what is public beside the exports of the package
API = {
    "Components": ["pipeline.ner.BertfamNER", "pipeline.qa.BertfamQA", "pipeline.encoder.BertfamEncoder"],
    "Data": ["data.pairs.make_pair", "data.corpus.build_corpus"],
    "Errors": ["errors"],
}


def as_markdown(docstring: str) -> str:
    """RETURNS (str): the text with its fields as a list; ``code`` is Markdown's `code`."""
    lines: list[str] = []
    for line in inspect.cleandoc(docstring).splitlines():
        field = FIELD.match(line)
        if field:
            name, kind = field["name"], field["type"]
            name = f"**{name.title()}**" if name.isupper() else f"**`{name}`**"
            lines.append(f"- {name} (`{kind}`): {field['text']}")
        else:
            lines.append(line)
    return re.sub(r"``(.+?)``", r"`\1`", "\n".join(lines))


def commands() -> str:
    """RETURNS (str): each command with its help and options."""
    return (
        "# Commands\n\n`bertfam COMMAND` is the same as `python -m spacy bertfam COMMAND`.\n\n"
        + "\n".join(_command(name, command) for name, command in get_command(app).commands.items())
    )


def _command(name: str, command: Any) -> str:
    context = typer.Context(command, info_name=f"bertfam {name}")
    rows = [record for each in command.params if (record := each.get_help_record(context))]
    table = "\n".join(f"| `{_cell(names)}` | {_cell(text)} |" for names, text in rows)
    usage = command.get_usage(context).removeprefix("Usage: ")
    return f"## {name}\n\n```text\n{usage}\n```\n\n{command.help}\n\n| argument, option | |\n|---|---|\n{table}\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("[", "\\[").split()) if "`" not in text else text


def registered() -> str:
    """RETURNS (str): each entry point of setup.cfg with its config, its defaults and its docstring."""
    parser = ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", encoding="utf8")
    groups = parser["options.entry_points"]
    parts = [
        "# Registered names\n",
        "What a config may name, with the defaults of each setting.\n",
        "## Components\n",
    ]
    parts += [_factory(name, target) for name, target in _entries(groups["spacy_factories"])]
    for group, registry in BLOCKS.items():
        parts.append(f"## {registry}\n")
        parts += [_function(registry, name, target) for name, target in _entries(groups[group])]
    return "\n".join(parts)


def _entries(group: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for line in group.strip().splitlines():
        name, _, place = line.partition(" = ")
        module, _, attribute = place.partition(":")
        yield name, getattr(import_module(module), attribute)


def _factory(name: str, target: Callable[..., Any]) -> str:
    meta = Language.get_factory_meta(name)
    block = Config({"components": {"NAME": {"factory": name, **meta.default_config}}}).to_str(
        interpolate=False
    )
    sets = f"\n\nSets {', '.join(f'`{attribute}`' for attribute in meta.assigns)}." if meta.assigns else ""
    return f"### {name}\n\n{as_markdown(target.__doc__ or '')}{sets}\n\n```ini\n{block.strip()}\n```\n"


def _function(registry: str, name: str, target: Callable[..., Any]) -> str:
    lines = [f'{registry} = "{name}"']
    for parameter in inspect.signature(target).parameters.values():
        if parameter.default is inspect.Parameter.empty:
            lines.append(f"{parameter.name} = (required)")
        else:
            default = (
                parameter.default if not isinstance(parameter.default, tuple) else list(parameter.default)
            )
            lines.append(f"{parameter.name} = {srsly.json_dumps(default)}")
    block = "\n".join(lines)
    return f"### {name}\n\n{as_markdown(target.__doc__ or '')}\n\n```ini\n{block}\n```\n"


def api() -> str:
    """RETURNS (str): what mkdocstrings fills in."""
    exports = {f"{module}.{name}": name for name, module in spacy_bertfam.EXPORTS.items()}
    groups = {"Exported by spacy_bertfam": [*exports], **API}
    parts = ["# Python API\n", "What is not here is not promised to stay.\n"]
    for title, names in groups.items():
        parts.append(f"## {title}\n")
        for name in names:
            heading = f"spacy_bertfam.{exports.get(name, name)}"
            options = f"      heading_level: 3\n      heading: {heading}\n"
            parts.append(f"::: spacy_bertfam.{name}\n    options:\n{options}")
    return "\n".join(parts)


def configs() -> str:
    """RETURNS (str): the configs as they are."""
    files = sorted((ROOT / "configs").glob("*.cfg"))
    blocks = [f"## {path.stem}\n\n```ini\n{path.read_text(encoding='utf8').strip()}\n```\n" for path in files]
    return "# Configs\n\nThe files of `configs/`.\n\n" + "\n".join(blocks)


def project() -> str:
    """RETURNS (str): the workflows, steps and variables of project.yml."""
    content = srsly.read_yaml(ROOT / "project.yml")
    help_of = {step["name"]: step["help"] for step in content["commands"]}
    parts = [
        "# Workflows\n",
        "`python -m spacy project run NAME` runs one; `--vars.NAME VALUE` sets a variable.\n",
    ]
    for name, steps in content["workflows"].items():
        parts.append(f"## {name}\n\n" + "\n".join(f"1. `{step}`: {help_of[step]}" for step in steps) + "\n")
    parts.append("## Variables\n\n| variable | default |\n|---|---|")
    parts += [f"| `{name}` | {_cell(str(value))} |" for name, value in content["vars"].items()]
    parts.append("\n## Public corpora\n\n`python -m spacy project assets . --extra` fetches them.\n")
    parts += [f"- `{asset['dest']}`: {asset['description']}" for asset in content["assets"]]
    return "\n".join(parts) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "reference/commands.md": commands,
    "reference/registered.md": registered,
    "reference/api.md": api,
    "reference/configs.md": configs,
    "reference/project.md": project,
}
