"""Random texts and tokenizations for the property tests, with all that is odd in Unicode more often."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.vocab import Vocab

# emoji with joiners, flags, skin tones; combining marks; no-break, thin, ideographic spaces; marks of
# direction and of zero width; control characters; full width, ligatures, what NFKC makes longer or shorter
ODD = (
    "👩‍👩‍👧", "🇫🇷", "👍🏽", "❤️", "e\u0301", "a\u0308\u0323", "\u0301", "\xa0", "\u2009", "\u202f", "\u3000",
    "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u202e", "\u2060", "\ufeff", "\xad", "\x00", "\x07",
    "\x1b", "\x7f", "\x85", "\u2028", "\t", "\n", "\r\n", " ", "  ", "ﬁ", "Ａ", "①", "½", "㎏", "ﷺ", "ß", "İ",
    "ǅ", "שלום", "مرحبا", "中文字", "한국어", "ไทย", "▁", "Ġ", "##", "<s>", "</s>", "<mask>", "[SEP]",
    "[CLS]", "�", "\U0010ffff", "\ue000",
)  # fmt: skip
WORDS = ("Zoé", "l'", "Saint-Étienne", "habite", "à", "DUPONT", "2019", "Mme", ".", "!", "qu’", "London")

any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
segments = st.one_of(st.sampled_from(WORDS), st.sampled_from(ODD), any_text)
texts = st.lists(st.one_of(segments, st.just(" ")), max_size=15).map("".join)


def examples(n: int) -> settings:
    """So many examples, however slow the machine is."""
    return settings(max_examples=n, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def free_docs(draw) -> Doc:
    """A Doc whose tokens follow no tokenizer's rules: any text, with or without a space after each."""
    words = draw(st.lists(segments, max_size=15))
    spaces = draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    return Doc(Vocab(), words=words, spaces=spaces)
