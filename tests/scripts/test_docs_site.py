"""Links of the repository become links of the site; equations become MathML."""

import pytest

pytest.importorskip("latex2mathml")
from docs_site import all_places, on_page_content, with_links

PLACES = all_places()


@pytest.mark.parametrize(
    ("source", "link", "expected"),
    [
        ("README.md", "[a](docs/train.md#settings)", "[a](train.md#settings)"),
        ("README.md", "![a](assets/render.png)", "![a](render.png)"),
        ("docs/train.md", "[a](../configs/ner_own.cfg)", "[a](reference/configs.md#ner_own)"),
        ("docs/train.md", "[a](../benchmarks/figures/speed.md)", "[a](figures/speed.md)"),
        ("benchmarks/figures/speed.md", "[a](quality.md)", "[a](quality.md)"),
        ("benchmarks/README.md", "[a](figures/quality.md)", "[a](quality.md)"),
        ("docs/how-it-works.md", "[a](../spacy_bertfam/types.py)", "a"),  # not in the site
        ("docs/train.md", "[a](https://spacy.io)", "[a](https://spacy.io)"),
        ("docs/train.md", "`[a](../README.md)`", "`[a](../README.md)`"),
        ("README.md", "[a](README.fr.md)", '<a href="fr/index.html">a</a>'),
        ("docs/train.fr.md", "[a](train.md#settings)", '<a href="../train.html#settings">a</a>'),
        ("README.fr.md", "![a](assets/render.png)", "![a](render.png)"),
        ("docs/train.fr.md", "[a](scores.fr.md)", "[a](scores.fr.md)"),
        ("docs/train.fr.md", "[a](fast.md)", "[a](fast.md)"),  # it has no French version
    ],
)
def test_a_link_leads_to_the_place_in_the_site(source, link, expected):
    assert with_links(link, source, PLACES) == expected


def test_an_equation_becomes_mathml():
    html = on_page_content('<p><span class="arithmatex">\\(a &lt; b\\)</span></p>')
    assert "><math" in html and "arithmatex" not in html and "<mo>" in html
