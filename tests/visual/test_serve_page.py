"""The page of a server: it speaks two languages, knows no model, and nothing in it comes from elsewhere."""

import json
import re

import pytest
from test_page import Elements

from spacy_bertfam.visual.serve_page import page_policy, render_serve
from spacy_bertfam.visual.template import read_resource

WORDINGS = json.loads(read_resource("wording.json"))["serve"]


@pytest.mark.parametrize(
    "lang, expected", [("fr", "fr"), ("en", "en"), ("de", "en"), ("", "en"), ("'>", "en")]
)
def test_the_page_speaks_the_language_that_is_asked_for(lang, expected):
    page = render_serve(lang)
    assert page.startswith(f'<!DOCTYPE html>\n<html lang="{expected}">')
    assert WORDINGS[expected]["find"] in page
    assert WORDINGS["en"].keys() == WORDINGS["fr"].keys()


def test_only_its_script_runs_and_it_asks_its_own_server_alone():
    page = render_serve("en")
    (policy,) = re.findall(r'Content-Security-Policy" content="(.*?)"', page)
    assert page_policy() == policy + "; frame-ancestors 'none'"
    assert (
        "script-src 'sha256-" in policy and "connect-src 'self'" in policy and "default-src 'none'" in policy
    )
    assert re.findall(r"https?:|url\(|@import|<link|<img|src=|\son\w+=|innerHTML", page) == []


def test_every_field_has_a_label_and_what_the_script_looks_for_is_there():
    page = render_serve("fr")
    fields = [attrs["id"] for tag, attrs in Elements(page).found if tag in ("input", "textarea", "select")]
    labels = [attrs["for"] for attrs in Elements(page).all("label")]
    assert fields == labels
    script = read_resource("serve.js")
    for name in set(re.findall(r'find\("(\w+)"\)', script)):
        assert f'id="{name}"' in page
    assert set(re.findall(r"say\.(\w+)", script)) <= WORDINGS["fr"].keys()
