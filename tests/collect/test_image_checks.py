import io
import sys
from collections.abc import Iterator

import pytest
from PIL import Image

from proguard.collect import image_checks
from proguard.collect.image_checks import SWITCH_SECONDS, WINDOW_ITEMS, check_images
from proguard.collect.item import Found, Item, Rejected, Skipped, image_hash
from proguard.sample import make_sample
from tests.pictures import case, encode, frames, naive, picture

NO_HEADER = "expected JPEG, PNG, WEBP, GIF, BMP, TIFF, AVIF, found no such header"


def gray_png(number: int) -> bytes:
    """A PNG of its own for each ``number``."""
    buffer = io.BytesIO()
    Image.new("L", (1 + number // 256, 1), number % 256).save(buffer, "PNG")
    return buffer.getvalue()


def image_item(content: bytes, row: int = 1) -> Found:
    sample = make_sample(source="s", modality="image", image=image_hash(content), request_label="safe")
    return Found("f", row, sample, content)


def test_check_images_keeps_the_order_of_all_kinds_of_items():
    items = [Skipped("f", 1, "rule"), image_item(gray_png(2), 2), Rejected("f", 3, "wrong type"), image_item(b"no", 4)]
    checked = list(check_images(items, known=(), max_pixels=100, workers=3))
    assert [item for item, _ in checked] == [*items[:3], Rejected("f", 4, "undecodable image", NO_HEADER)]
    assert [image and image.sha256 for _, image in checked] == [None, items[1].sample.image, None, None]


def test_check_images_known_image_is_not_decoded():
    item = image_item(b"no picture, but known")
    assert list(check_images([item], known={item.sample.image}, max_pixels=1, workers=1)) == [(item, None)]


def most_ahead(n: int) -> int:
    """Return how many of ``n`` items are read, at most, before the first of them is given back."""
    given, ahead = 0, []

    def items() -> Iterator[Item]:
        for row in range(1, n + 1):
            ahead.append(row - given)
            yield image_item(gray_png(row), row=row)

    for _ in check_images(items(), known=(), max_pixels=10**6, workers=2):
        given += 1
    assert given == n
    return max(ahead)


def test_check_images_reads_no_more_than_a_window_of_items_ahead():
    assert most_ahead(WINDOW_ITEMS + 50) == WINDOW_ITEMS


def test_check_images_reads_no_more_than_a_window_of_bytes_ahead(monkeypatch: pytest.MonkeyPatch):
    # Each PNG has 60 to 80 bytes: the tenth to the twelfth is more than 600.
    monkeypatch.setattr(image_checks, "WINDOW_BYTES", 600)
    assert 8 <= most_ahead(50) <= 11


def test_check_images_refused_images_are_rejected_rows_and_the_others_go_on():
    contents = {
        "narrow image": case("banner_2010x10.png"),
        "undecodable image": case("damaged.avif"),
        "animated image": frames("GIF"),
        "huge image": encode(picture(200, 200), "PNG"),
    }
    items = [image_item(content, row) for row, content in enumerate([*contents.values(), case("sign_exif3.png")], 1)]
    *refused, (item, image) = check_images(items, known=(), max_pixels=30_000, workers=2)
    assert [rejected.reason for rejected, _ in refused] == list(contents)
    assert refused[0][0].detail == "2010 x 10 pixels, a side ratio above 200"
    assert (item, image.sha256) == (items[-1], items[-1].sample.image)
    assert (naive(image.content) == naive(case("sign_plain.png"))).all()


def test_check_images_has_threads_take_short_turns_and_sets_them_back():
    before = sys.getswitchinterval()
    checked = check_images([image_item(gray_png(1)), image_item(gray_png(2))], known=(), max_pixels=10, workers=1)
    next(checked)
    assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS, abs=1e-5)
    checked.close()
    assert sys.getswitchinterval() == before
