"""The frame of every page: one HTML file that needs nothing from elsewhere, in light, in dark and in print."""

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files

from spacy.tokens import Doc

# The policy is a second lock after the escaping: nothing may be fetched, and only the script with this hash may run.
PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1 dir="auto">{title}</h1>
{header}</header>
<main>
{main}</main>
{footer}</body>
</html>
"""


def html_page(
    *,
    lang: str,
    title: str,
    header: str,
    main: str,
    notes: Iterable[str] = (),
    styles: Sequence[str] = (),
    rules: str = "",
    script: str = "",
    data: str = "",
    asks: bool = False,
    framed: str = "",
) -> str:
    """Put a page together; the title is escaped here, all else is HTML already.

    notes (Iterable[str]): a paragraph each, at the foot of the page.
    styles (Sequence[str]): style sheets of this folder that are added to page.css.
    rules (str): more rules for the style sheet.
    script (str): a script of this folder, which reads ``data`` from the element "data".
    asks (bool): whether the script may ask the server that the page is from.
    framed (str): script of the pages that it shows in a frame, which may do no more than it may itself.
    """
    foot = "".join(f"<p>{note}</p>\n" for note in notes)
    footer = f"<footer>\n{foot}</footer>\n" if foot else ""
    if script:
        footer += f'<script type="application/json" id="data">{data}</script>\n'
        footer += f"<script>{read_resource(script)}</script>\n"
    return PAGE.format(
        lang=lang,
        title=escape(title),
        policy=content_policy(script, framed, asks=asks),
        style="".join(map(read_resource, ["page.css", *styles])) + rules,
        header=header,
        main=main,
        footer=footer,
    )


def content_policy(*scripts: str, asks: bool = False) -> str:
    """RETURNS (str): what a page with these scripts may do; see ``html_page``."""
    hashes = (sha256(read_resource(script).encode("utf8")).digest() for script in scripts if script)
    sources = " ".join(f"'sha256-{b64encode(digest).decode('ascii')}'" for digest in hashes)
    allowed = f"script-src {sources}; " if sources else ""
    asking = "connect-src 'self'; " if asks else ""
    return (
        f"default-src 'none'; {allowed}{asking}style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )


def as_data(value: object) -> str:
    """RETURNS (str): JSON for the element "data", whose raw text "</script" or "<!--" would end or change."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def card(heading: str, content: str, attributes: str = "") -> str:
    """RETURNS (str): a framed part of a page; without a heading the content alone."""
    title = f"<h2>{heading}</h2>\n" if heading else ""
    return f"<article{attributes}>\n{title}{content}</article>\n"


def language_tag(lang: str) -> str:
    """RETURNS (str): spaCy's code of a language for an attribute; "xx", any language, is unknown to browsers."""
    return "" if lang == "xx" else escape(lang)


def direction_of(doc: Doc) -> str:
    """RETURNS (str): "rtl" for the languages that are written from right to left, else "ltr"."""
    return "rtl" if doc.vocab.writing_system.get("direction") == "rtl" else "ltr"


def text_block(doc: Doc, markup: str) -> str:
    """RETURNS (str): the marked text of a Doc, with its language and direction."""
    lang, direction = language_tag(doc.lang_), direction_of(doc)
    return f'<div class="text" lang="{lang}" dir="{direction}">{markup}</div>\n'


def read_resource(name: str) -> str:
    """RETURNS (str): the text of a file of this folder."""
    return files(__package__).joinpath(name).read_text("utf8")
