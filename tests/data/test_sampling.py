"""Texts drawn from all over a corpus."""

from spacy_bertfam.data.sampling import draw_evenly


def test_a_share_of_the_words_is_drawn_at_equal_distances():
    texts = [["un", "deux", "trois"]] * 100
    assert len(draw_evenly(texts, len, share=0.25)) == 25
    numbered = list(enumerate(texts))
    found = [i for i, _ in draw_evenly(numbered, lambda item: len(item[1]), share=0.1)]
    assert found == list(range(0, 100, 10))


def test_one_long_text_does_not_hide_the_others():
    texts = [["mot"] * 1000, *[["mot"] * 10] * 200]
    drawn = draw_evenly(texts, len, share=0.5)
    assert len(drawn[0]) == 1000 and 45 <= len(drawn) <= 55


def test_empty_texts_are_left_out_and_a_share_above_one_takes_all():
    assert draw_evenly([[], ["a"], [], ["b"]], len, share=3.0) == [["a"], ["b"]]
    assert draw_evenly([], len, share=1.0) == []
