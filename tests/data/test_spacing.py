"""The guess where spaces stood."""

import pytest

from spacy_bertfam.data.spacing import guess_spaces


@pytest.mark.parametrize(
    "lang, words, text",
    [
        ("fr", "Il part , dit-il .", "Il part, dit-il."),
        ("fr", "l' AFP ( Paris ) : oui !", "l'AFP (Paris) : oui !"),
        ("fr", "qu’ il l ' a dit", "qu’il l'a dit"),
        ("fr", "parle -t-il de ce pays -ci", "parle-t-il de ce pays-ci"),
        ("en", "Yes : no ; really ?", "Yes: no; really?"),
        ("en", "He does n't see Ann 's dog", "He doesn't see Ann's dog"),
        ("en", "the students ' books", "the students ' books"),
        ("xx", "Saint - Denis", "Saint - Denis"),
        ("fr", "-5 degrés", "-5 degrés"),
    ],
)
def test_spaces_are_guessed(lang, words, text):
    words = words.split()
    spaces = guess_spaces(words, lang=lang)
    assert "".join(word + " " * space for word, space in zip(words, spaces, strict=True)).rstrip() == text


def test_no_words_have_no_spaces():
    assert guess_spaces([], lang="fr") == []
