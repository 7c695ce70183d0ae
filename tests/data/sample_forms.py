"""Small files in the documented form of each tool, written by us, with their entities by hand.

Where nothing else is said a file holds "Claire Morel habite Angers." and the entities of RIGHT.
"""

import json
from typing import Any, NamedTuple

RIGHT = [("Claire Morel", "PER"), ("Angers", "LOC")]
TEXT = "Claire Morel habite Angers."


class Form(NamedTuple):
    """A file; format is what recognition should say; options are those of `make_options`."""

    name: str
    content: str
    format: str
    entities: list[tuple[str, str]] = RIGHT
    options: dict[str, str] = {}
    ignored: dict[str, int] = {}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _rows(text: str) -> str:
    """Words between tabs, written here between spaces."""
    return "".join("\t".join(line.split()) + "\n" for line in text.strip("\n").split("\n"))


WORDS = ["Claire", "Morel", "habite", "Angers", "."]
TAGS = ["B-PER", "I-PER", "O", "B-LOC", "O"]
NAMES = ["O", "B-PER", "I-PER", "B-LOC"]
FEATURES = {"feature": {"names": NAMES, "_type": "ClassLabel"}, "_type": "Sequence"}
NUMBERED = {"id": "0", "tokens": WORDS, "ner_tags": [1, 2, 0, 3, 0]}
PIECES = [  # of `pipeline("ner")`: https://huggingface.co/docs/transformers/main_classes/pipelines
    {"entity": "B-PER", "score": 0.99, "index": 1, "word": "▁Claire", "start": 0, "end": 6},
    {"entity": "I-PER", "score": 0.99, "index": 2, "word": "▁Mor", "start": 6, "end": 10},
    {"entity": "I-PER", "score": 0.99, "index": 3, "word": "el", "start": 10, "end": 12},
    {"entity": "B-LOC", "score": 0.99, "index": 5, "word": "▁Angers", "start": 20, "end": 26},
]

JSON = [
    # https://huggingface.co/docs/datasets/loading: features are in dataset_info.json, or in the viewer's answer
    Form("hf.jsonl", _json({"tokens": WORDS, "ner_tags": TAGS}), "JSON"),
    Form("hf_numbers.jsonl", _json(NUMBERED), "JSON", options={"tag_names": "O,B-PER,I-PER,B-LOC"}),
    # https://huggingface.co/docs/dataset-viewer/rows
    Form(
        "viewer.json",
        _json({
            "features": [{"feature_idx": 0, "name": "ner_tags", "type": FEATURES}],
            "rows": [{"row_idx": 0, "row": NUMBERED, "truncated_cells": []}],
        }),
        "JSON",
    ),
    Form("breaks.jsonl", _json({"text": TEXT, "entities": [[0, 12, "PER\tX"], [20, 26, "A\r\nB"]]}), "JSON",
         [("Claire Morel", "PER X"), ("Angers", "A B")]),
    Form("tab.jsonl", _json({"tokens": WORDS, "ner_tags": ["B-PER\tX", "I-PER\tX", "O", "O", "O"]}), "JSON",
         [("Claire Morel", "PER X")]),
    Form("id2label.json", _json({"id2label": dict(enumerate(NAMES)), "data": [NUMBERED]}), "JSON"),
    Form("words.json", _json([{"words": WORDS, "labels": TAGS}]), "JSON"),
    Form(  # Few-NERD: two columns, labels without B- and I-
        "fine.jsonl",
        _json({"tokens": WORDS, "ner_tags": ["P", "P", "O", "L", "O"],
               "fine_ner_tags": ["PER", "PER", "O", "LOC", "O"]}),
        "JSON",
        options={"tag_column": "fine_ner_tags"},
    ),
    # https://spacy.io/api/data-formats#json-input: version 2, which `spacy convert` reads
    Form(
        "spacy2.json",
        _json([{"id": 0, "paragraphs": [{"raw": TEXT, "sentences": [
            {"tokens": [{"id": i, "orth": w, "ner": t} for i, (w, t) in
                        enumerate(zip(WORDS, ["B-PER", "L-PER", "O", "U-LOC", "O"], strict=True))]}]}]}]),
        "JSON",
    ),
    # https://spacy.io/api/data-formats#dict-input, as `Example.to_dict`
    Form(
        "example.jsonl",
        _json({"doc_annotation": {"cats": {}, "entities": ["B-PER", "L-PER", "O", "U-LOC", "-"]},
               "token_annotation": {"ORTH": WORDS}}),
        "JSON",
    ),
    Form(  # its groups count characters of a text that it has not
        "example_groups.jsonl",
        _json({"doc_annotation": {"entities": ["B-PER", "L-PER", "O", "U-LOC", "-"],
                                  "spans": {"sc": [[20, 26, "LOC", ""], [0, 12, "PER", ""]]}},
               "token_annotation": {"ORTH": WORDS}}),
        "JSON",
        ignored={"spans of groups, beside tags of words": 2},
    ),
    # https://github.com/urchade/GLiNER: the last word is included
    Form("gliner.json", _json([{"tokenized_text": WORDS, "ner": [[0, 1, "PER"], [3, 3, "LOC"]]}]), "JSON"),
    # https://nlp.cs.washington.edu/sciIE: words of the document, the last one included
    Form(
        "scierc.jsonl",
        _json({"doc_key": "a", "sentences": [["Rien", "."], WORDS], "ner": [[], [[2, 3, "PER"], [5, 5, "LOC"]]],
               "relations": [[], []]}),
        "JSON",
    ),
    Form(  # entities within others, and labels of two words
        "nested_words.json",
        _json([{"tokenized_text": WORDS, "ner": [[0, 3, "a b"], [3, 3, "LOC"], [0, 1, "PER"], [0, 0, "PER"]]}]),
        "JSON",
        [("Claire Morel habite Angers", "a b"), ("Claire Morel", "PER"), ("Angers", "LOC"), ("Claire", "PER")],
    ),
    # https://github.com/lavis-nlp/spert: the end is excluded
    Form(
        "spert.json",
        _json([{"tokens": WORDS, "relations": [], "orig_id": 7, "entities": [
            {"type": "PER", "start": 0, "end": 2}, {"type": "LOC", "start": 3, "end": 4}]},
            {"tokens": ["Rien", "."], "relations": [], "entities": []}]),
        "JSON",
    ),
    # https://prodi.gy/docs/api-interfaces#spans: words alone, the last one included
    Form(
        "prodigy_words.jsonl",
        _json({"text": TEXT, "tokens": [{"text": word, "id": i, "ws": i < 3} for i, word in enumerate(WORDS)],
               "spans": [{"token_start": 0, "token_end": 1, "label": "PER"},
                         {"token_start": 3, "token_end": 3, "label": "LOC"}], "answer": "accept"}),
        "JSON",
    ),
    # https://bioc.sourceforge.net: offsets of the document
    Form(
        "bioc.json",
        _json({"source": "x", "documents": [{"id": "1", "passages": [
            {"offset": 0, "text": "Rien.", "annotations": []},
            {"offset": 6, "text": TEXT, "annotations": [
                {"infons": {"type": "PER"}, "text": "Claire Morel", "locations": [{"offset": 6, "length": 12}]},
                {"infons": {"type": "LOC"}, "text": "Angers", "locations": [{"offset": 26, "length": 6}]}]}]}]}),
        "JSON",
    ),
    Form(  # sentences within passages; of annotations without a place there is no entity
        "bioc_sentences.json",
        _json({"documents": [{"passages": [{"offset": 0, "sentences": [
            {"offset": 0, "text": TEXT, "annotations": [
                {"infons": {"type": "PER"}, "locations": [{"offset": 0, "length": 12}]},
                {"infons": {"type": "LOC"}, "locations": [{"offset": 20, "length": 6}]},
                {"infons": {"type": "MESH"}, "locations": []}]}], "relations": [{"id": "R"}]}]}]}),
        "JSON",
        ignored={"attributes": 1, "relations": 1},
    ),
    Form(
        "beside_passages.json",
        _json({"text": TEXT, "entities": [[0, 12, "PER"], [20, 26, "LOC"]], "passages": []}),
        "JSON",
    ),
    # BigBio's schema kb, https://github.com/bigscience-workshop/biomedical
    Form(
        "bigbio.json",
        _json([{"id": "1", "passages": [{"type": "title", "text": [TEXT], "offsets": [[0, 27]]}], "entities": [
            {"type": "PER", "text": ["Claire Morel"], "offsets": [[0, 12]]},
            {"type": "LOC", "text": ["Angers"], "offsets": [[20, 26]]}]}]),
        "JSON",
    ),
    # https://spacy.io/api/doc#to_json
    Form(
        "to_json.json",
        _json({"text": TEXT,
               "ents": [{"start": 0, "end": 12, "label": "PER"}, {"start": 20, "end": 26, "label": "LOC"}],
               "tokens": [{"id": 0, "start": 0, "end": 6}]}),
        "JSON",
    ),
    # UBIAI, https://ubiai.gitbook.io/ubiai-documentation
    Form(
        "ubiai.json",
        _json([{"documentName": "a.txt", "document": TEXT, "relations": [{"child": 0, "head": 1}], "tokens": [
            {"text": "Claire Morel", "start": 0, "end": 12, "token_start": 0, "token_end": 1, "entityLabel": "PER"},
            {"text": "Angers", "start": 20, "end": 26, "token_start": 3, "token_end": 3, "entityLabel": "LOC"}]}]),
        "JSON",
        ignored={"relations": 1},
    ),
    # https://www.pubannotation.org/docs/annotation-format/
    Form(
        "pubannotation.json",
        _json({"text": TEXT, "denotations": [
            {"id": "T1", "span": {"begin": 0, "end": 12}, "obj": "PER"},
            {"id": "T2", "span": {"begin": 20, "end": 26}, "obj": "LOC"}],
            "relations": [{"id": "R1", "pred": "in", "subj": "T1", "obj": "T2"}]}),
        "JSON",
        ignored={"relations": 1},
    ),
    Form(
        "tracks.json",
        _json({"text": TEXT, "tracks": [
            {"project": "a", "denotations": [{"id": "T1", "span": {"begin": 0, "end": 12}, "obj": "PER"}]},
            {"project": "b", "denotations": [{"id": "T1", "span": {"begin": 20, "end": 26}, "obj": "LOC"}]}]}),
        "JSON",
    ),
    # https://microsoft.github.io/presidio/analyzer/: RecognizerResult, beside the text that it is about
    Form(
        "presidio.jsonl",
        _json({"text": TEXT, "results": [
            {"entity_type": "PER", "start": 0, "end": 12, "score": 0.85},
            {"entity_type": "LOC", "start": 20, "end": 26, "score": 0.85}]}),
        "JSON",
    ),
    # https://github.com/microsoft/presidio-research: InputSample
    Form(
        "presidio_evaluator.json",
        _json([{"full_text": TEXT, "masked": "", "spans": [
            {"entity_type": "PER", "entity_value": "Claire Morel", "start_position": 0, "end_position": 12},
            {"entity_type": "LOC", "entity_value": "Angers", "start_position": 20, "end_position": 26}]}]),
        "JSON",
    ),
    Form("pipeline.jsonl", _json({"text": TEXT, "entities": PIECES}), "JSON"),
    Form(
        "aggregated.jsonl",
        _json({"text": TEXT, "entities": [
            {"entity_group": "PER", "score": 0.99, "word": "Claire Morel", "start": 0, "end": 12},
            {"entity_group": "LOC", "score": 0.99, "word": "Angers", "start": 20, "end": 26}]}),
        "JSON",
    ),
    # Dataturks, whose end is the last character: https://www.kaggle.com/datasets/dataturks/resume-entities-for-ner
    Form(
        "dataturks.jsonl",
        _json({"content": TEXT, "annotation": [
            {"label": ["PER"], "points": [{"start": 0, "end": 11, "text": "Claire Morel"}]},
            {"label": ["LOC"], "points": [{"start": 20, "end": 25, "text": "Angers"}]},
            {"label": [], "points": [{"start": 0, "end": 5, "text": "Claire"}]}], "extras": None}),
        "JSON",
        ignored={"spans without a label": 1},
    ),
    # https://github.com/lavis-nlp/spert has no text; others have its type beside offsets
    Form(
        "typed.json",
        _json([{"text": TEXT, "entities": [
            {"start": 0, "end": 12, "type": "PER"}, {"start": 20, "end": 26, "type": "LOC"}]}]),
        "JSON",
    ),
    # https://cloud.gate.ac.uk/info/help/online-api.html
    Form(
        "gate.json",
        _json({"text": TEXT, "entities": {"PER": [{"indices": [0, 12]}], "LOC": [{"indices": [20, 26]}]}}),
        "JSON",
    ),
]  # fmt: skip

CONLLU = """
# newdoc id = a
# sent_id = 1
# text = Claire Morel habite Angers.
1 Claire Claire PROPN _ _ 3 nsubj _ {0}
2 Morel Morel PROPN _ _ 1 flat:name _ {1}
3 habite habiter VERB _ _ 0 root _ {2}
4 Angers Angers PROPN _ _ 3 obj _ {3}
5 . . PUNCT _ _ 3 punct _ {4}
"""


def _conllu(*misc: str, head: str = "") -> str:
    """Comments have spaces, rows have tabs."""
    lines = (head + CONLLU.strip("\n").format(*misc)).split("\n")
    return "".join((line if line.startswith("#") else "\t".join(line.split())) + "\n" for line in lines)


COMMENTS = {"comment lines": 2}
COLUMNS = [
    # NorNE, https://github.com/ltgoslo/norne
    Form(
        "norne.conllu",
        _conllu("name=B-PER", "name=I-PER", "name=O", "SpaceAfter=No|name=B-LOC", "name=O"),
        "CoNLL-U",
        ignored=COMMENTS,
    ),
    # SETimes.HR and SSJ have NER=, https://universaldependencies.org/treebanks/hr_set
    Form(
        "ner.conllu",
        _conllu("NER=B-PER", "NER=I-PER", "NER=O", "NER=B-LOC|SpaceAfter=No", "NER=O"),
        "CoNLL-U",
        ignored=COMMENTS,
    ),
    Form(
        "plain.conllu",
        _conllu("NE=PER", "NE=PER", "NE=O|SpaceAfter=No", "SpaceAfter=No|NE=LOC", "_"),
        "CoNLL-U",
        ignored=COMMENTS,
    ),
    Form(
        "short.conllu",
        _conllu("NE=P", "NE=P", "_", "SpaceAfter=No|NE=L", "_"),
        "CoNLL-U",
        [("Claire Morel", "P"), ("Angers", "L")],
        {"scheme": "plain"},
        COMMENTS,
    ),
    # CorefUD, https://ufal.mff.cuni.cz/~zeman/2021/docs/corefud-1.2-format: the fields are in the header
    Form(
        "corefud.conllu",
        _conllu("Entity=(e1-PER-1-", "Entity=e1)", "_", "SpaceAfter=No|Entity=(e2-LOC-1-)", "_",
                head="# global.Entity = eid-etype-head-other\n"),
        "CoNLL-U",
        ignored={"comment lines": 3},
    ),
    # GUM before version 9: the type comes first
    Form(
        "gum.conllu",
        _conllu("Entity=(PER-1", "Entity=PER-1)", "_", "SpaceAfter=No|Entity=(LOC-2)", "_"),
        "CoNLL-U",
        ignored=COMMENTS,
    ),
    Form(  # mentions within each other, and one in parts
        "nested.conllu",
        _conllu("Entity=(e1-PER-1-(e3-NAME-1-)", "Entity=e1)", "Entity=(e4[1/2]-X-1-)", "Entity=(e2-LOC-1-)",
                "Entity=(e4[2/2]-X-1-)",
                head="# global.Entity = eid-etype-head-other\n"),
        "CoNLL-U",
        [("Claire Morel", "PER"), ("Angers", "LOC"), ("Claire", "NAME")],
        ignored={"comment lines": 3, "parts of discontinuous mentions": 2},
    ),
    # Universal NER, https://www.universalner.org
    Form(
        "uner.iob2",
        "# sent_id = 1\n" + _rows("1 Claire B-PER - -\n2 Morel I-PER - -\n3 habite O - -\n4 Angers B-LOC - -"),
        "columns",
        ignored={"comment lines": 1},
    ),
    # CoNLL-2012, https://conll.cemantix.org/2012/data.html
    Form(
        "a.v4_gold_conll",
        "#begin document (nw/a); part 000\n"
        "nw/a 0 0 Claire NNP (TOP(S(NP* - - - - (PER* (ARG0* (1\n"
        "nw/a 0 1 Morel NNP *) - - - - *) *) 1)\n"
        "nw/a 0 2 habite VBZ (VP* habiter 01 1 - * (V*) -\n"
        "nw/a 0 3 Angers NNP (NP*)) - - - - (LOC) (ARG1*) (2)\n"
        "nw/a 0 4 . . *)) - - - - * * -\n\n"
        "nw/a 0 0 Rien NN (TOP(NP*)) - - - - * -\n\n#end document\n",
        "CoNLL-2012",
        ignored={"comment lines": 1},
    ),
    # https://github.com/jiesutd/LatticeLSTM: M is the middle of an entity
    Form("bmes.tsv", _rows("Claire B-PER\nAnne M-PER\nMorel E-PER\nhabite O\nAngers S-LOC"), "columns",
         [("Claire Anne Morel", "PER"), ("Angers", "LOC")]),
    Form("brackets.tsv", _rows("Claire (PER*\nMorel *)\nhabite *\nAngers (LOC)\n. *"), "columns"),
    # https://nlp.stanford.edu/software/crf-faq.html
    Form("stanford.tsv", _rows("Claire PER\nMorel PER\nhabite O\nAngers LOC\n. O"), "columns"),
    Form(
        "short.tsv",
        _rows("Claire P\nMorel P\nhabite O\nAngers L"),
        "columns",
        [("Claire Morel", "P"), ("Angers", "L")],
        {"scheme": "plain"},
    ),
    # https://sites.google.com/site/germeval2014ner/data
    Form(
        "germeval.tsv",
        "#\thttp://x.de [2009-10-17]\n"
        + _rows("1 Claire B-PER B-LOC\n2 Morel I-PER O\n3 habite O O\n4 Angers B-LOC O"),
        "columns",
        ignored={"comment lines": 1, "entities of another column of tags (4)": 1},
    ),
    Form(
        "germeval_both.tsv",
        _rows("1 Claire B-PER B-LOC\n2 Morel I-PER O\n3 habite O O\n4 Angers B-LOC O"),
        "columns",
        [("Claire Morel", "PER"), ("Angers", "LOC"), ("Claire", "LOC")],
        {"tag_column": "3,4"},
    ),
    # HIPE, https://github.com/hipe-eval/HIPE-2022-data
    Form(
        "hipe.tsv",
        _rows("TOKEN NE-COARSE-LIT NE-COARSE-METO NE-FINE-LIT NE-NESTED NEL-LIT MISC")
        + "# hipe2022:document_id = a\n"
        + _rows("Claire B-PER O B-pers.ind O Q1 _\nMorel I-PER O I-pers.ind O Q1 _\nhabite O O O O _ _\n"
                "Angers B-LOC O B-loc.adm O Q2 NoSpaceAfter\n. O O O O _ EndOfSentence"),
        "columns",
        ignored={"header lines": 1, "entities of another column of tags (4)": 2},
    ),
    Form(
        "hipe_fine.tsv",
        _rows("TOKEN NE-COARSE-LIT NE-FINE-LIT MISC\nClaire B-PER B-pers.ind _\nMorel I-PER I-pers.ind _\n"
              "Angers B-LOC B-loc _"),
        "columns",
        [("Claire Morel", "pers.ind"), ("Angers", "loc")],
        {"tag_column": "NE-FINE-LIT"},
        {"header lines": 1, "entities of another column of tags (2)": 2},
    ),
    # https://www.kaggle.com/datasets/abhinavwalia95/entity-annotated-corpus
    Form(
        "gmb.csv",
        'Sentence #,Word,POS,Tag\nSentence: 1,Claire,NNP,B-PER\n,Morel,NNP,I-PER\n,habite,VB,O\n,Angers,NNP,B-LOC\n'
        'Sentence: 2,",",",",O\n,"""",``,O\n',
        "CSV, a word a row",
        ignored={"header lines": 1},
    ),
    Form(
        "gmb.tsv",
        "Sentence #\tWord\tPOS\tTag\nSentence: 1\tClaire\tNNP\tB-PER\n\tMorel\tNNP\tI-PER\n\thabite\tVB\tO\n"
        "\tAngers\tNNP\tB-LOC\nSentence: 2\tPaul\tNNP\tO\n",
        "columns",
        ignored={"header lines": 1},
    ),
    Form(  # its other file, with the features of a tagger
        "ner.csv",
        ",lemma,next-word,pos,prev-iob,sentence_idx,word,tag\n0,claire,Morel,NNP,__START1__,1.0,Claire,B-PER\n"
        "1,morel,habite,NNP,B-PER,1.0,Morel,I-PER\n2,habiter,Angers,VB,I-PER,1.0,habite,O\n3,angers,,NNP,O,1.0,Angers,B-LOC\n"
        "4,rien,,NN,__START1__,2.0,Rien,O\n",
        "CSV, a word a row",
        ignored={"header lines": 1},
    ),
    # by pandas or a spreadsheet: a quote is doubled, within quotes
    Form("quoted.tsv", 'words\tlabels\nClaire\tB-PER\n"a""b"\tB-X\n""""\tO\n', "columns",
         [("Claire", "PER"), ('a"b', "X")], ignored={"header lines": 1}),
    Form("unquoted.tsv", 'words\tlabels\n"a"\tB-X\n"\tO\nClaire\tB-PER\n', "columns",
         [('"a"', "X"), ("Claire", "PER")], ignored={"header lines": 1}),
    Form("titles.tsv", 'words\tlabels\nThe\tO\n"Titanic"\tB-X\n', "columns", [('"Titanic"', "X")],
         ignored={"header lines": 1}),
    # labels that begin or end like tags
    Form("e-mail.tsv", _rows("a@b.fr e-mail\nou O\nS8 s-bahn\nou O\nX9 b-ware"), "columns",
         [("a@b.fr", "e-mail"), ("S8", "s-bahn"), ("X9", "b-ware")]),
    Form("vitamins.tsv", _rows("B2 vitamin_b\net O\nTocopherol vitamin_e"), "columns",
         [("B2", "vitamin_b"), ("Tocopherol", "vitamin_e")]),
    # https://labelstud.io/guide/export#CONLL2003
    Form(
        "label_studio.conll",
        "-DOCSTART- -X- O\nClaire -X- _ B-Nom de personne\nMorel -X- _ I-Nom de personne\nvit -X- _ O\n",
        "columns",
        [("Claire Morel", "Nom de personne")],
    ),
]  # fmt: skip

LAYER = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
WEBANNO = (
    f"#FORMAT=WebAnno TSV 3.3\n#T_SP={LAYER}|identifier|value\n#T_RL=webanno.custom.In|label|BT_{LAYER}\n\n\n"
    "#Text=Claire Morel habite Angers.\n"
    "1-1\t0-6\tClaire\t*[1]\tPER[1]\t_\t_\t\n1-2\t7-12\tMorel\t*[1]\tPER[1]\t_\t_\t\n"
    "1-3\t13-19\thabite\t_\t_\t_\t_\t\n1-4\t20-26\tAngers\t*\tLOC\tin\t1-1\t\n1-5\t26-27\t.\t_\t_\t_\t_\t\n"
)
CAS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" xmi:version="2.0"'
    ' xmlns:ner="http:///de/tudarmstadt/ukp/dkpro/core/api/ner/type.ecore" xmlns:custom="http:///webanno/custom.ecore"'
    ' xmlns:seg="http:///de/tudarmstadt/ukp/dkpro/core/api/segmentation/type.ecore">\n'
    '<cas:NULL xmi:id="0"/>\n<seg:Sentence xmi:id="3" sofa="1" begin="0" end="{0}"/>\n{1}'
    '<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text" sofaString="{2}"/>\n'
    '<cas:View sofa="1" members="3 4"/>\n</xmi:XMI>\n'
)
MARKUP = [
    # INCEpTION, https://inception-project.github.io/releases/36.0/docs/user-guide.html: appendix WebAnno TSV
    Form("webanno.tsv", WEBANNO, "WebAnno TSV", ignored={"annotated words of the layer webanno.custom.In": 1}),
    Form(  # stacked, within a word, escaped, beyond the first plane, two sentences
        "stacked.tsv",
        "#FORMAT=WebAnno TSV 3.2\n#T_SP=webanno.custom.Name|label\n\n\n#Text=😀 Saint-Lô\n"
        "1-1\t0-2\t😀\t_\t\n1-2\t3-11\tSaint-Lô\tLOC[1]|A\\_b\\|c[2]\t\n1-2.1\t3-8\tSaint\tPER\t\n\n"
        "#Text=Paul a\\\\b.\n2-1\t12-16\tPaul\tPER\t\n2-2\t17-20\ta\\\\b\t*\t\n2-3\t20-21\t.\t_\t\n",
        "WebAnno TSV",
        [("Saint-Lô", "LOC"), ("Saint-Lô", "A_b|c"), ("Saint", "PER"), ("Paul", "PER"), ("a\\b", "Name")],
    ),
    Form(  # numbers that are given out again: with another label, and further on
        "again.tsv",
        "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Name|label\n\n\n#Text=Claire Morel vit\n"
        "1-1\t0-6\tClaire\tPER[1]\t\n1-2\t7-12\tMorel\tPER[1]\t\n1-3\t13-16\tvit\t_\t\n\n"
        "#Text=Angers est\n2-1\t17-23\tAngers\tLOC[1]\t\n2-2\t24-27\test\t_\t\n\n"
        "#Text=Saint-Lô\n3-1\t28-36\tSaint-Lô\tLOC[1]\t\n3-1.1\t28-33\tSaint\tX[2]\t\n",
        "WebAnno TSV",
        [("Claire Morel", "PER"), ("Angers", "LOC"), ("Saint-Lô", "LOC"), ("Saint", "X")],
    ),
    Form(  # an annotation that begins within a word and ends within the next
        "parts.tsv",
        "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Name|label\n\n\n#Text=ex-Claire Morel-Roux\n"
        "1-1\t0-9\tex-Claire\t_\t\n1-1.1\t3-9\tClaire\tPER[1]\t\n1-2\t10-20\tMorel-Roux\t_\t\n1-2.1\t10-15\tMorel\tPER[1]\t\n",
        "WebAnno TSV",
        [("Claire Morel", "PER")],
    ),
    Form(
        "layers.tsv",
        "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.A|x|y\n#T_SP=webanno.custom.B|z\n\n"
        "#Text=Claire\n1-1\t0-6\tClaire\tp\tq\tr\t\n",
        "WebAnno TSV",
        [("Claire", "r")],
        {"tag_column": "B"},
        {"annotated words of the layer webanno.custom.A": 1},
    ),
    # UIMA, https://uima.apache.org/d/uimaj-current/ref.html: XMI CAS serialization
    Form(
        "cas.xmi",
        CAS.format(27, '<ner:NamedEntity xmi:id="4" sofa="1" begin="0" end="12" value="PER"/>\n'
                       '<ner:NamedEntity xmi:id="5" sofa="1" begin="20" end="26" value="LOC"/>\n', TEXT),
        "UIMA XMI",
        ignored={"annotations of the type Sentence": 1},
    ),
    # https://ctakes.apache.org: its types of words, sentences and chunks are no entities
    Form(
        "ctakes.xmi",
        CAS.format(27, '<textsem:PER xmi:id="4" sofa="1" begin="0" end="12"/>\n'
                       '<syntax:WordToken xmi:id="5" sofa="1" begin="0" end="6" tokenNumber="0"/>\n'
                       '<textspan:Segment xmi:id="6" sofa="1" begin="0" end="27"/>\n'
                       '<structured:DocumentID xmi:id="7" sofa="1" begin="0" end="27"/>\n'
                       '<textsem:LOC xmi:id="8" sofa="1" begin="20" end="26"/>\n', TEXT).replace(
            ' xmi:version="2.0"', "".join(
                f' xmlns:{name}="http:///org/apache/ctakes/typesystem/type/{name}.ecore"'
                for name in ("syntax", "textspan", "structured", "textsem")), 1),
        "UIMA XMI",
        ignored={f"annotations of the type {name}": 1 for name in ("Sentence", "WordToken", "Segment", "DocumentID")},
    ),
    Form(
        "custom.xmi",
        CAS.format(11, '<custom:Lieu xmi:id="4" sofa="1" begin="3" end="11"/>\n', "😀&#10;Saint-Lô"),
        "UIMA XMI",
        [("Saint-Lô", "Lieu")],
        ignored={"annotations of the type Sentence": 1},
    ),
    # https://nlp.stanford.edu/software/CRF-NER.html: -outputFormat inlineXML; GATE: "save as inline XML"
    Form("stanford.txt", "<PER>Claire Morel</PER> habite <LOC>Angers</LOC>.", "inline XML"),
    Form(
        "gate.xml",
        '<?xml version="1.0"?>\n<!-- un commentaire -->\n<doc>\n<paragraph><PER gate:gateId="1">Claire Morel</PER>'
        " habite <LOC>Angers</LOC> &amp; Tours &#233;t&#xe9;, &lt;3 < 4.</paragraph>\n</doc>\n",
        "inline XML",
        ignored={"elements of the text's structure": 2},
    ),
    # MUC, https://cs.nyu.edu/~grishman/NEtask20.book_6.html
    Form(
        "muc.sgml",
        '<DOC>\n<TEXT>\n<ENAMEX TYPE="PER">Claire Morel</ENAMEX> habite <ENAMEX TYPE="LOC">Angers</ENAMEX>.\n'
        "</TEXT>\n</DOC>\n"
        "<DOC><TEXT>Rien.</TEXT></DOC>\n",
        "inline XML",
        ignored={"elements of the text's structure": 4},
    ),
    Form(  # SGML: values without quotes, or with a tag's end in them
        "unquoted.sgml",
        "<ENAMEX TYPE=PER STATUS=a/b>Claire Morel</ENAMEX> habite <LOC role='a>b' id=1>Angers</LOC><br clear=all/>.\n",
        "inline XML",
        ignored={"elements of the text's structure": 1},
    ),
    # https://www.ncbi.nlm.nih.gov/research/pubtator3/api: offsets over title and abstract
    Form(
        "two.pubtator",
        f"1|t|Rien.\n1|a|{TEXT}\n1\t6\t18\tClaire Morel\tPER\tD1\n1\t26\t32\tAngers\tLOC\tD2\n"
        "1\tCID\tD1\tD2\n1\tBind\tD1\tD2\tNovel\n\n"
        "2|t|Rien.\n2|a|\n",
        "PubTator",
        ignored={"relation lines": 2},
    ),
    Form(
        "nested.xml",
        "<ORG>Mairie de <LOC>Lyon</LOC></ORG>\n",
        "inline XML",
        [("Lyon", "LOC"), ("Mairie de Lyon", "ORG")],
    ),
]  # fmt: skip

FORMS = [*JSON, *COLUMNS, *MARKUP]

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>\n'
# What is wrong with a file, its content, and the words that refuse it
HOSTILE = [
    ("tagtog.json", _json({"annotatable": {"parts": ["s1p1"]}, "entities": []}), "tagtog's ann.json, whose text"),
    ("azure.json", _json({"projectFileVersion": "1", "assets": {"documents": []}}), "Azure's, whose texts"),
    ("bioc.json", _json({"documents": [{"passages": [{"offset": i, "text": "Oz"} for i in (9, 4)]}]}), "at 4"),
    ("gliner.json", _json([{"tokenized_text": WORDS, "ner": [[0, 5, "PER"]]}]), "words 0 to 4"),
    ("no_text.json", _json({"documents": [{"passages": [{"offset": 0}]}]}), "found the passage"),
    ("no_passage.json", _json({"documents": [{"passages": []}]}), "found no passage with a text"),
    ("bigbio.json", _json({"passages": [{"text": ["Oz"], "offsets": [0]}]}), "found the passage"),
    ("bigbio_2.json", _json({"passages": [{"text": "Oz", "offset": 0}], "entities": [{"offsets": [0]}]}), "offsets as"),
    ("spert.json", _json([{"tokens": WORDS, "entities": [[0, 2, "PER"]]}]), "found the span"),
    ("other.pubtator", f"1|t|{TEXT}\n2\t0\t12\tClaire Morel\tPER\n", "with the number of the document"),
    ("no_type.pubtator", f"1|t|{TEXT}\n1\t0\t12\tClaire Morel\n", "with the number of the document"),
    ("scierc.jsonl", _json({"doc_key": "a", "sentences": [WORDS], "ner": [[[3, 2, "PER"]]]}), "found the span"),
    ("squad.json", _json({"data": [{"paragraphs": [{"context": TEXT, "qas": []}]}]}), "`bertfam convert-qa`"),
    ("pubtator.txt", f"1|t|{TEXT}\n1|a|Rien.\n1\t0\ttwelve\tClaire Morel\tPER\tD1\n", "found '1"),
    ("i2b2.xml", "<deIdi2b2>\n<TEXT><![CDATA[Oz]]></TEXT>\n<TAGS/></deIdi2b2>\n", "XML of i2b2"),
    ("doccano.csv", 'text,label\n"Oz","[[0, 2, ""LOC""]]"\n', "doccano's and Label Studio's is JSON"),
    ("half.json", _json(NUMBERED)[:-9], "no valid JSON"),
    ("short.jsonl", _json({"tokens": WORDS, "ner_tags": TAGS[:3]}), "found 5 words and 3 tags"),
    ("no_names.jsonl", _json(NUMBERED), "found tags that are numbers, and nothing that names them"),
    ("beyond.json", _json({"id2label": {"0": "O"}, "data": [NUMBERED]}), "found the tag 1; expected 0 to 0"),
    ("far.json", _json([{"document": "Oz", "tokens": [{"start": 0, "end": 9, "entityLabel": "LOC"}]}]), "offsets 0-9"),
    ("no_orth.json", _json([{"paragraphs": [{"sentences": [{"tokens": [{"ner": "O"}]}]}]}]), 'without "orth"'),
    ("half.conllu", _conllu("name=B-PER", "name=I-PER", "name=O", "name=B-LOC", "_")[:-20], "found"),
    ("none.conllu", _conllu("_", "_", "_", "_", "_"), "treebank without entities"),
    ("quote.csv", 'Sentence #,Word,POS,Tag\nSentence: 1,"Claire" x,NNP,B-PER\n', "quotes in pairs"),
    ("short.csv", "Sentence #,Word,POS,Tag\nSentence: 1,Claire,NNP,B-PER\n,vit,O\n", "found 3 columns"),
    ("other_tags.tsv", _rows("Claire B_PER\nMorel I_PER\nhabite O"), "found the tag 'B_PER'"),
    ("tags_after.tsv", _rows("Claire PER-B\nMorel PER-I\nhabite O"), "found the tag 'PER-B'"),
    ("bars.tsv", _rows("Claire B-PER|O\nMorel I-PER|O\nAngers O|O"), r"'B-PER\|O'.*one tag, and each layer"),
    ("bar.tsv", _rows("Claire B-PER|O\nMorel I-PER\nhabite O"), r"'B-PER\|O' in column 2; expected one tag"),
    ("bars.jsonl", _json({"tokens": ["Claire", "vit"], "ner_tags": ["B-PER|B-X", "O"]}), r"'B-PER\|B-X'; expected one"),
    ("tabs.wikiner", "Claire|B-PER vit|O\nJean\tB-PER|O\n", r"expected `word\|tag`"),
    ("small.tsv", _rows("Claire b-per\nMorel i-per\nhabite O"), "found the tag 'b-per'"),
    ("small_after.tsv", _rows("Claire PER-b\nMorel PER-i\nhabite O"), "found the tag 'PER-b'"),
    ("small_line.tsv", _rows("Claire person_b\nMorel person_i\nhabite O\nAngers loc_b"), "found the tag 'person_b'"),
    ("small_b.tsv", _rows("Claire b_per\nhabite O\nAngers b_loc"), "found the tag 'b_per'"),
    ("opennlp.tsv", _rows("Claire person-start\nMorel person-cont\nhabite O"), "found the tag 'person-start'"),
    ("small.conllu", _conllu("NER=b-per", "NER=i-per", "NER=O", "NER=b-loc", "_"), "found the tag 'b-per'"),
    ("small.json", _json({"tokens": WORDS[:3], "ner_tags": ["b-per", "i-per", "O"]}), "'b-per'; .*--scheme plain"),
    ("two.json", _json({"id2label": {"0": "O"}, "a": {"id2label": {"0": "X"}}, "data": [NUMBERED]}), "2 lists of"),
    ("half.tsv", WEBANNO[: WEBANNO.index("26-27")], "expected a number, offsets and a word"),
    ("moved.tsv", WEBANNO.replace("20-26", "21-27"), "at the offsets 21-27; expected 'Angers'"),
    ("layer.tsv", WEBANNO.replace("T_SP", "T_CH"), "no layer of spans"),
    ("far.tsv", WEBANNO.replace("0-6", "900000000-900000006"), "a sentence that begins at 900000000"),
    ("half.xmi", CAS.format(27, "", TEXT)[:-30], "no valid XML"),
    ("far.xmi", CAS.format(2, '<ner:NamedEntity sofa="1" begin="0" end="99"/>', "Oz"), "NamedEntity at 0-99"),
    ("bomb.xmi", BOMB + CAS.format(1, "", "&b;").split("\n", 1)[1], "declares entities"),
    ("no_text.xmi", CAS.format(1, "", "a").replace("sofaString", "sofaURI"), "found no sofaString"),
    ("open.xml", "<PER>Claire</PER> et <LOC>Angers", "<loc> that is not closed"),
    ("bare.xml", "<LOC>Lyon</LOC> <PER 'a'>Claire</PER>", "found </PER>; <PER 'a'>Claire before it is no opening tag"),
    ("lfs.jsonl", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "seems to be a Git LFS"),
    ("lfs.conll", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "seems to be a Git LFS"),
    ("crossed.xml", "<PER>Claire</PER> <LOC>Angers <PER>x</LOC></PER>", "expected </per> of line 1"),
    ("bomb.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]>\n<PER>&a;</PER>', "declares entities"),
]  # fmt: skip
