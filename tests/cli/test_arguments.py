"""The list of the commands, and arguments that `spacy project run` has split on Windows."""

import os
import sys

import pytest
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.cli.arguments import take_off_quotes


@pytest.mark.parametrize("system, kept", [("nt", "my data/train.jsonl"), ("posix", "'my data/train.jsonl'")])
def test_quotes_are_taken_off_on_windows_alone(system, kept, monkeypatch):
    monkeypatch.setattr(os, "name", system)
    monkeypatch.setattr(sys, "argv", ["spacy", "convert", "'my data/train.jsonl'", '"', "--lang", "it's"])
    take_off_quotes()
    assert sys.argv == ["spacy", "convert", kept, '"', "--lang", "it's"]


def test_the_list_of_commands_says_of_each_in_one_line_what_it_does(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    listed = CliRunner().invoke(app, ["--help"]).output.partition("Commands:")[2]
    assert "calibrate" in listed and "..." not in listed
