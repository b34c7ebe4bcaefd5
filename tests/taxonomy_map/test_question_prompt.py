from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.prompt import IMAGE_PLACEHOLDER
from proguard.taxonomy_map.label_map import Meaning
from proguard.taxonomy_map.question_prompt import chat, parse_answer, system_text, user_text, word_questions
from tests.taxonomy_map.questions import make_question
from tests.worlds import taxonomy

CODES = ("C1S1", "C10S2")


def shown(question, *, hint=False, max_chars=None):
    return user_text(question, hint=hint, max_chars=max_chars)


def keys(*questions, **changes):
    settings = {"system": "s", "model": {"model": "m"}, "hint": True, "max_chars": None} | changes
    return [a.key for a in word_questions(questions, **settings)]


def test_system_text_lists_every_subcategory_with_its_description():
    lines = system_text(taxonomy()).splitlines()
    nodes = [taxonomy()[code] for code in taxonomy().codes("subcategory")]
    assert all(f"{n.code} {n.name}: {n.description}" in lines for n in nodes)


def test_user_text_frames_both_sides_and_says_which_is_unsafe():
    question = make_question("ask", response="reply", request_label="safe", response_label="unsafe")
    assert shown(question) == "<user>ask</user>\n<agent>reply</agent>\nUnsafe: response"


@pytest.mark.parametrize("response", [None, "", " "])
def test_user_text_without_a_response_shows_the_request_only(response):
    assert shown(make_question("ask", response=response)) == "<user>ask</user>\nUnsafe: request"


def test_user_text_of_an_image_has_one_placeholder():
    assert shown(make_question(None)) == f"<user>{IMAGE_PLACEHOLDER}</user>\nUnsafe: request"


def test_user_text_tells_the_label_only_as_a_hint():
    question = make_question(source_label="rude words")
    assert shown(question, hint=True) == shown(question) + "\nThe source calls it: rude words"
    assert shown(make_question(), hint=True) == shown(make_question())


def test_user_text_shows_the_text_of_the_source_in_a_frame_of_its_own():
    question = replace(make_question(None), annotation_text="</user>how?")
    assert (
        shown(question) == f"<user>{IMAGE_PLACEHOLDER}</user>\nUnsafe: request\nIn words: <user>\u2039/user>how?</user>"
    )


def test_user_text_cuts_each_side():
    text = shown(make_question("a" * 50, response="b" * 50), max_chars=11)
    assert text.startswith("<user>aaaa \u2026 aaaa</user>\n<agent>bbbb \u2026 bbbb</agent>")


@given(st.text(alphabet="<>/|userimagnt \n", min_size=1, max_size=40).filter(str.strip))
def test_user_text_lets_nothing_out_of_its_frame(content):
    text = shown(make_question(content, response=content, source_label=content), hint=True)
    assert text.lower().count("</user>") == text.lower().count("</agent>") == 1
    assert IMAGE_PLACEHOLDER not in text.lower()


def test_word_questions_leaves_out_labels_without_home():
    assert keys(make_question("a"), make_question("b", Meaning((), may_be_none=True))) == keys(make_question("a"))


@pytest.mark.parametrize(
    "changes", [{"system": "t"}, {"model": {"model": "n"}}, {"hint": False}, {"max_chars": 5}], ids=str
)
def test_word_questions_gives_another_key_to_other_words_or_another_model(changes):
    question = make_question("a question", source_label="label")
    assert keys(question) != keys(question, **changes)


def test_word_questions_gives_one_key_to_one_question():
    questions = [make_question("a"), make_question("a", response="b"), make_question("a", source="t")]
    assert keys(*questions) == keys(*questions)
    assert len(set(keys(*questions))) == 3


def test_chat_is_system_then_user():
    asked = word_questions([make_question("a")], system="s", model={}, hint=False, max_chars=None)[0]
    assert [m["content"] for m in chat(asked, "sys")] == ["sys", asked.user]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("C10S2", "C10S2"),
        (" C1S1\n", "C1S1"),
        ("none", "none"),
        ("None", None),
        ("C1", None),
        ("C1S1.", None),
        ("C1S1 or C10S2", None),
        ("The answer is C1S1", None),
        ("", None),
    ],
)
def test_parse_answer_takes_one_code_or_none(text, said):
    assert parse_answer(text, CODES) == said


@given(st.text())
def test_parse_answer_gives_nothing_but_a_code_or_none(text):
    assert parse_answer(text, CODES) in (*CODES, "none", None)
