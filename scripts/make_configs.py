"""Make the configs of configs/ that differ from ner_shared.cfg in a few blocks, so that they stay in step with it.

    python scripts/make_configs.py

Each file of scripts/config_parts/ says how one differs. `spacy train` wants whole files: what a file lacks cannot
be set on its command line.
"""

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATTERN = ROOT / "configs" / "ner_shared.cfg"
PARTS = ROOT / "scripts" / "config_parts"
# Their keys go together: a part that has the block has the whole of it
WHOLE = ("training.score_weights",)


@dataclass(frozen=True)
class Block:
    """A section of a config as text."""

    name: str
    above: tuple[str, ...] = ()  # the comment above its header
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)  # key -> its line, comments before it

    @property
    def is_whole(self) -> bool:
        """Whether it says what the block is made of, so that nothing of another one may stay."""
        return self.name in WHOLE or bool({key[0] for key in self.lines} & {"@"}) or "factory" in self.lines

    def text(self) -> str:
        """RETURNS (str): the block as it stands in a file."""
        lines = [line for group in self.lines.values() for line in group]
        return "\n".join([*self.above, f"[{self.name}]", *lines, ""])


def read_blocks(path: Path) -> tuple[str, list[Block]]:
    """RETURNS (tuple): the comment on top of a config, and its blocks."""
    top, blocks, comments = "", [], []
    for line in path.read_text(encoding="utf8").splitlines():
        if line.startswith("["):
            blocks.append(Block(line.strip("[]"), tuple(comments)))
            comments = []
        elif line.startswith("#"):
            comments.append(line)
        elif line:
            blocks[-1].lines[line.partition(" = ")[0]] = (*comments, line)
            comments = []
        elif not blocks:
            top, comments = "\n".join(comments), []
    return top, blocks


def pipeline_of(blocks: list[Block]) -> list[str]:
    """RETURNS (list): the components' names in their order."""
    (line,) = [block.lines["pipeline"][-1] for block in blocks if block.name == "nlp"]
    return json.loads(line.partition(" = ")[2])


def combine(blocks: list[Block], part: list[Block]) -> list[Block]:
    """The blocks with those of a part in their place or behind their kin, components in the pipeline's order."""
    found = list(blocks)
    for block in part:
        names = [other.name for other in found]
        if block.name not in names:
            found.insert(_place(names, block.name), block)
            found = [_without_value(other, block.name) for other in found]
        else:
            old = found[names.index(block.name)]
            new = (
                block
                if block.is_whole
                else replace(old, lines={**old.lines, **_keeping_comments(old, block)})
            )
            found[names.index(block.name)] = replace(new, above=block.above or old.above)
    pipeline = pipeline_of(found)
    for section in ("components", "initialize.components"):
        found = [block for block in found if _component(block, section) in (None, *pipeline)]
    first = next(i for i, block in enumerate(found) if _component(block))
    components = sorted(filter(_component, found), key=lambda block: pipeline.index(_component(block) or ""))
    others = [block for block in found if not _component(block)]
    return [*others[:first], *components, *others[first:]]


def _without_value(block: Block, name: str) -> Block:
    """A setting that has become a block of its own has no line in the block around it."""
    above, _, key = name.rpartition(".")
    if block.name != above or key not in block.lines:
        return block
    return replace(block, lines={other: lines for other, lines in block.lines.items() if other != key})


def _keeping_comments(old: Block, new: Block) -> dict[str, tuple[str, ...]]:
    return {
        key: (*old.lines.get(key, ())[:-1], *lines) if len(lines) == 1 else lines
        for key, lines in new.lines.items()
    }


def _place(names: list[str], name: str) -> int:
    """Behind the last block of the nearest block around it."""
    while name:
        name = name.rpartition(".")[0]
        kin = [i for i, other in enumerate(names) if other == name or other.startswith(f"{name}.")]
        if kin:
            return kin[-1] + 1
    return len(names)


def _component(block: Block, section: str = "components") -> str | None:
    """The component that a block of a section is about; None for all other blocks."""
    found = re.match(rf"{re.escape(section)}\.([^.]+)", block.name)
    return found[1] if found else None


def make_config(part: Path) -> str:
    """RETURNS (str): the config that a part stands for."""
    _, blocks = read_blocks(PATTERN)
    top, changes = read_blocks(part)
    made = f"# Made by scripts/make_configs.py from {PATTERN.name} and scripts/config_parts/{part.name}: change those."
    return "\n".join([top, "#", made, "", *(block.text() for block in combine(blocks, changes))])


def main() -> None:
    """Write every config that has a part."""
    for part in sorted(PARTS.glob("*.cfg")):
        path = PATTERN.with_name(part.name)
        path.write_text(make_config(part), encoding="utf8", newline="\n")
        print(path.relative_to(ROOT).as_posix())


if __name__ == "__main__":
    main()
