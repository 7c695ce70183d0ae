"""A hook of mkdocs (mkdocs.yml): puts all pages of the site together in build/pages, makes MathML of equations."""

import os
import re
import shutil
import sys
from html import unescape
from pathlib import Path
from typing import Any

import latex2mathml.converter

sys.path.insert(0, str(Path(__file__).parent))
from docs_reference import PAGES

ROOT = Path(__file__).parents[1]
STAGE = ROOT / "build" / "pages"
# files of the repository that stand elsewhere in the site
PLACES = {
    "README.md": "index.md",
    "README.fr.md": "index.fr.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "assets/README.md": "sentences.md",
    "benchmarks/README.md": "figures/index.md",
    "assets/render.png": "render.png",
    "examples/la_famille_bert.ipynb": "la_famille_bert.ipynb",
    "examples/the_bert_family.ipynb": "the_bert_family.ipynb",
    "examples/presidio_recognizer.py": "presidio_recognizer.py",
    "project.yml": "reference/project.md",
}
LINK = re.compile(r"\[([^\[\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")
CODE = re.compile(r"(?ms)(^```.*?^```$|`[^`\n]+`)")


def on_config(config: Any) -> Any:
    """Called by mkdocs once for each language, the first time before any other plugin."""
    if Path(config.docs_dir) != STAGE:
        stage()
        config.docs_dir = str(STAGE)
    return config


on_config.mkdocs_priority = 100  # type: ignore[attr-defined]


def on_page_content(html: str, **kwargs: Any) -> str:
    """Called by mkdocs with each page: equations become MathML, which browsers show without a script."""

    def replaced(found: re.Match[str]) -> str:
        display = "block" if found[1] == "div" else "inline"
        math = latex2mathml.converter.convert(unescape(found[2]), display=display)
        return f'<{found[1]} class="equation">{math}</{found[1]}>'

    return re.sub(r'(?s)<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', replaced, html)


def stage() -> None:
    """Write all pages, with links between them, into a new build/pages."""
    shutil.rmtree(STAGE, ignore_errors=True)
    places = all_places()
    for source, place in places.items():
        target = STAGE / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.endswith(".md"):
            target.write_text(
                with_links((ROOT / source).read_text(encoding="utf8"), source, places), encoding="utf8"
            )
        elif place not in PAGES:
            shutil.copyfile(ROOT / source, target)
    for place, make in PAGES.items():
        (STAGE / place).parent.mkdir(parents=True, exist_ok=True)
        (STAGE / place).write_text(make(), encoding="utf8")


def all_places() -> dict[str, str]:
    """RETURNS (dict[str, str]): each file of the repository that the site has -> its place there."""
    places = dict(PLACES)
    for path in (ROOT / "docs").rglob("*"):
        if path.is_file():
            places[path.relative_to(ROOT).as_posix()] = path.relative_to(ROOT / "docs").as_posix()
    for path in (ROOT / "benchmarks" / "figures").iterdir():
        places[path.relative_to(ROOT).as_posix()] = f"figures/{path.name}"
    return places


def other_language(source: str, target: str, places: dict[str, str]) -> str | None:
    """RETURNS (str | None): the page in the site of the other language, which mkdocs does not see from this one."""
    is_french, leads_to_french = source.endswith(".fr.md"), target.endswith(".fr.md")
    if target in places and leads_to_french and not is_french:
        return f"fr/{places[target].removesuffix('.fr.md')}.html"
    if is_french and not leads_to_french and f"{target.removesuffix('.md')}.fr.md" in places:
        return f"../{places[target].removesuffix('.md')}.html"
    return None


def with_links(text: str, source: str, places: dict[str, str]) -> str:
    """RETURNS (str): the text; links lead to places of the site, those to other files are their text alone."""

    def replaced(found: re.Match[str]) -> str:
        words, link, anchor = found[1], found[2], found[3] or ""
        if "://" in link:
            return found[0]
        target = os.path.normpath(os.path.join(os.path.dirname(source), link)).replace(os.sep, "/")
        if page := other_language(source, target, places):
            return f'<a href="{page}{anchor}">{words}</a>'
        if target.startswith("configs/"):
            place, anchor = "reference/configs.md", f"#{Path(target).stem}"
        elif target in places:
            place = places[target]
        else:
            return words
        relative = os.path.relpath(place, os.path.dirname(places[source]) or ".").replace(os.sep, "/")
        return f"[{words}]({relative}{anchor})"

    parts = CODE.split(text)
    return "".join(part if i % 2 else LINK.sub(replaced, part) for i, part in enumerate(parts))
