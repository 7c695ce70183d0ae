"""A treebank of a few French sentences in CoNLL-U, with a contraction and without any entity."""

SENTENCES = (
    (
        "Anne habite à Rennes.",
        (
            "1 Anne Anne PROPN _ Gender=Fem|Number=Sing 2 nsubj _ _",
            "2 habite habiter VERB _ Number=Sing|Tense=Pres 0 root _ _",
            "3 à à ADP _ _ 4 case _ _",
            "4 Rennes Rennes PROPN _ _ 2 obl _ SpaceAfter=No",
            "5 . . PUNCT _ _ 2 punct _ _",
        ),
    ),
    (
        "Le maire du village parle.",
        (
            "1 Le le DET _ Gender=Masc|Number=Sing 2 det _ _",
            "2 maire maire NOUN _ Gender=Masc|Number=Sing 6 nsubj _ _",
            "3-4 du _ _ _ _ _ _ _ _",
            "3 de de ADP _ _ 5 case _ _",
            "4 le le DET _ Gender=Masc|Number=Sing 5 det _ _",
            "5 village village NOUN _ Gender=Masc|Number=Sing 2 nmod _ _",
            "6 parle parler VERB _ Number=Sing|Tense=Pres 0 root _ SpaceAfter=No",
            "7 . . PUNCT _ _ 6 punct _ _",
        ),
    ),
    (
        "Il pleut.",
        (
            "1 Il il PRON _ Gender=Masc|Number=Sing 2 expl:subj _ _",
            "2 pleut pleuvoir VERB _ Number=Sing|Tense=Pres 0 root _ SpaceAfter=No",
            "3 . . PUNCT _ _ 2 punct _ _",
        ),
    ),
)


def conllu() -> str:
    """RETURNS (str): the treebank as a file holds it."""
    lines = []
    for text, rows in SENTENCES:
        lines += [f"# text = {text}", *(row.replace(" ", "\t") for row in rows), ""]
    return "\n".join(lines) + "\n"
