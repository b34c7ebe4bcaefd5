import io
from pathlib import Path

import pytest
from PIL import Image

from proguard.moderate.item import make_item, read_item, subjects_of


def picture(colour="red"):
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, "PNG")
    return file.getvalue()


RED, BLUE = picture(), picture("blue")


def shape(**item):
    """Return modality, texts and coverage of each sample that an item is asked about as."""
    subjects = subjects_of(make_item(**item))
    return [(s.sample.modality, s.sample.request, s.sample.response, s.covers) for s in subjects]


@pytest.mark.parametrize(
    ("item", "subjects"),
    [
        ({"request": "q"}, [("text", "q", None, ("request",))]),
        ({"request": "q", "response": "a"}, [("text", "q", "a", ("request", "response"))]),
        ({"images": [RED]}, [("image", None, None, ("image 1",))]),
        ({"request": "q", "images": [RED]}, [("text_image", "q", None, ("request", "image 1"))]),
        (
            {"request": "q", "response": "a", "images": [RED, BLUE]},
            [
                ("text_image", "q", "a", ("request", "response", "image 1")),
                ("text_image", "q", "a", ("request", "response", "image 2")),
            ],
        ),
        ({"images": [RED, BLUE]}, [("image", None, None, ("image 1",)), ("image", None, None, ("image 2",))]),
        ({"response": "a"}, [("text", "a", None, ("response",))]),
        (
            {"response": "a", "images": [RED]},
            [("image", None, None, ("image 1",)), ("text", "a", None, ("response",))],
        ),
    ],
)
def test_subjects_of_cover_all_that_is_given(item, subjects):
    assert shape(**item) == subjects


def test_lone_response_stands_in_the_place_of_the_request():
    assert [s.is_lone_response for s in subjects_of(make_item(response="a", images=[RED]))] == [False, True]


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u3000"])
def test_make_item_takes_a_blank_text_for_none(blank):
    assert make_item(request="q", response=blank).response is None
    with pytest.raises(ValueError, match="nothing to judge"):
        make_item(request=blank)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({}, "nothing to judge"),
        ({"request": 3}, "request: expected a text, found int"),
        ({"response": ["a"]}, "response: expected a text, found list"),
        ({"request": "half \ud83d"}, "request: half of a surrogate pair at character 5"),
        ({"images": [RED[:50]]}, "image 1: undecodable image"),
        ({"images": [RED, b""]}, "image 2: undecodable image"),
        ({"images": ["absent.png"]}, r"image 1 \(absent.png\): .*No such file"),
        ({"images": [3]}, "image 1: expected bytes or a path, found int"),
    ],
)
def test_make_item_refuses_what_cannot_be_judged_by_name(item, message):
    with pytest.raises(ValueError, match=message):
        make_item(**item)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (["q"], "expected a mapping"),
        ({"prompt": "q"}, "unknown key 'prompt'"),
        ({"images": "a.png"}, "images: expected a list, found str"),
        ({"request": None}, "nothing to judge"),
    ],
)
def test_read_item_of_another_form_names_the_key(content, message):
    with pytest.raises(ValueError, match=message):
        read_item(content)


def test_read_item_finds_images_next_to_the_file(tmp_path):
    for name in ("a.png", "b.png"):
        Path(tmp_path / name).write_bytes(RED)
    assert len(read_item({"id": 7, "image": "a.png", "images": ["b.png"]}, folder=tmp_path).images) == 2
