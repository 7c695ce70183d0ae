"""The table of the classifiers that are read: its rows, and the architectures that are unlike BERT."""

import re

import architectures
import pytest
from architectures import Row, check, table


@pytest.mark.parametrize(
    ("task", "model_type", "architecture", "note"),
    [
        ("tokens", "t5", "T5ForTokenClassification", ""),
        ("tokens", "xlnet", "XLNetForTokenClassification", ""),
        ("tokens", "fnet", "FNetForTokenClassification", "unpadded; not written back"),
        ("tokens", "gemma", "GemmaForTokenClassification", ""),  # its head is named score
        ("texts", "fnet", "FNetForSequenceClassification", "unpadded"),
        ("texts", "convbert", "ConvBertForSequenceClassification", "unpadded"),
        ("answers", "bert", "BertForQuestionAnswering", ""),  # with segments
        ("answers", "roberta", "RobertaForQuestionAnswering", ""),  # without
    ],
)
def test_an_encoder_unlike_bert_scores_as_in_transformers(task, model_type, architecture, note):
    row = check(task, model_type, architecture)
    assert row.kind == "equal" and row.note.startswith(note) and bool(row.note) == bool(note), row


@pytest.mark.parametrize(
    ("task", "model_type", "architecture", "settings", "sentence"),
    [
        ("tokens", "xmod", "XmodForTokenClassification", {"default_language": None}, "set it to one of en_XX"),
        ("tokens", "nystromformer", "NystromformerForTokenClassification",
         {"segment_means_seq_len": 128, "num_landmarks": 16}, "nothing but texts of 128 pieces"),
        ("texts", "gpt2", "GPT2ForSequenceClassification", {}, "may read the last piece"),
        ("texts", "longformer", "LongformerForSequenceClassification", {}, "let some attend to all"),
        ("texts", "xlnet", "XLNetForSequenceClassification", {}, "not known here .*sequence_summary"),
    ],
)  # fmt: skip
def test_what_reads_in_another_way_is_refused_in_one_sentence(
    task, model_type, architecture, settings, sentence
):
    row = check(task, model_type, architecture, **settings)
    assert row.kind == "refused" and re.search(sentence, row.note), row


def test_a_table_has_a_row_for_each_model_type_and_each_reason_once():
    rows = [
        Row("bert", "tokens", "A", "equal"),
        Row("bert", "texts", "B", "refused", "It is not."),
        Row("fnet", "tokens", "C", "equal", "unpadded"),
        Row("gpt2", "texts", "D", "refused", "It is not."),
    ]
    assert table(rows).splitlines()[2:] == [
        "| bert | equal | refused (1) |",
        "| fnet | equal unpadded |  |",
        "| gpt2 |  | refused (1) |",
        "",
        "1. refused: It is not.",
    ]


@pytest.mark.parametrize(("kind", "code"), [("equal", 0), ("raw", 1), ("different", 1)])
def test_what_has_no_sentence_makes_the_command_fail(monkeypatch, capsys, kind, code):
    monkeypatch.setattr(architectures, "check", lambda *names: Row(names[1], names[0], names[2], kind, "x"))
    assert architectures.main(["--only", "bert", "--task", "texts"]) == code
    assert f"| bert | {kind}" in capsys.readouterr().out
