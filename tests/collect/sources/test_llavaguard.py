import csv
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from proguard.collect.item import Found, Item, Labelled, Rejected, Skipped, image_hash
from proguard.collect.sources.llavaguard import CONFLICT, VARIANT, conflicting, parse_category, parse_record, read
from proguard.collect.web.images import WebImages, write_image

COLUMNS = ["id", "url", "rating", "category", "rationale", "policy"]
POLICY = "We assess images.\n\nO1: Hate, Humiliation, Harassment\n\n<image>"
WEAPONS = "O6: Weapons or Substance Abuse"


def draw(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(buffer, "PNG")
    return buffer.getvalue()


def row_of(**changes: str) -> dict[str, str]:
    row = {"id": "12", "url": "https://example.org/red.png", "rating": "Unsafe", "category": WEAPONS}
    return row | {"rationale": "The image shows a sign.", "policy": POLICY} | changes


def read_rows(rows: list[dict[str, str]], folder: Path, *, part: str = "test") -> list[Item]:
    """What comes of ``rows`` when red.png and blue.png are there, again.png is red too, and gone.png is gone."""
    path, cache = folder / "blob", folder / "cache"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    for name, colour in (("red", "red"), ("again", "red"), ("blue", "blue"), ("gone", "red")):
        write_image(cache, f"https://example.org/{name}.png", draw(colour))
    (gone,) = (p for p in cache.rglob("*") if p.is_file() and p.name.startswith(GONE))
    gone.with_suffix(".json").write_text(json.dumps({"reason": "dead link", "detail": "HTTP 404"}))
    gone.unlink()
    web = WebImages(cache, offline=True, max_bytes=1, timeout_seconds=1, concurrency=1, attempts=1)
    return list(read(files={"test.csv": path}, part=part, web=web))


GONE = image_hash(b"https://example.org/gone.png")


@pytest.mark.parametrize(
    ("rating", "category", "label", "source_label"),
    [
        ("Unsafe", "O6: Weapons or Substance Abuse", "unsafe", "O6"),
        ("Unsafe", "O6: Illegal Weapons or Substance Abuse", "unsafe", "O6"),
        ("Unsafe", "O2: Violence, Harm, or Cruelty", "unsafe", "O2"),
        ("Safe", "O2: Violence, Harm or Cruelty", "safe", None),
        ("Safe", "NA: None applying", "safe", None),
        ("Safe", "None of the categories applies", "safe", None),
        ("Compliant", "NA: None applying", "safe", None),
        ("Review Needed", "O9: Disasters or Emergencies", "unsafe", "O9"),
    ],
)
def test_parse_record_rating_is_the_label_and_the_code_the_category(
    rating: str, category: str, label: str, source_label: str | None
):
    entry = parse_record(row_of(rating=rating, category=category), file="f", row=1)
    assert (entry.label, entry.category) == (label, source_label)


@pytest.mark.parametrize("id_", ["12_v1", "12_v5", "a_v10"])
def test_parse_record_rewritten_policy_is_skipped(id_: str):
    assert parse_record(row_of(id=id_), file="f", row=3) == Skipped("f", 3, VARIANT)


@pytest.mark.parametrize("id_", ["12", "v1", "a_v1_b", "img_v"])
def test_parse_record_other_id_is_of_the_authors_policy(id_: str):
    assert isinstance(parse_record(row_of(id=id_), file="f", row=3), Labelled)


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"category": "NA: None applying"}, "unknown label", "rating 'Unsafe' of category 'NA: None applying'"),
        ({"category": "O10: New"}, "unknown label", "category 'O10: New'"),
        ({"category": ""}, "unknown label", "category ''"),
        ({"rating": "Maybe"}, "unknown label", "rating 'Maybe'"),
        ({"url": " "}, "missing image", "no url"),
    ],
)
def test_parse_record_bad_row_is_rejected(changes: dict[str, str], reason: str, detail: str):
    assert parse_record(row_of(**changes), file="f", row=1) == Rejected("f", 1, reason, detail)


def test_parse_category_none_spelled_out_is_no_category():
    assert parse_category("None of the categories applies") == parse_category(" na: None applying") == "NA"


def test_conflicting_is_an_image_rated_both_ways():
    rated = [Labelled("f", i, "u", label, None) for i, label in enumerate(["safe", "unsafe", "safe", "safe", "unsafe"])]
    assert conflicting(rated, ["one", "one", "two", "two", None]) == {"one"}


def test_read_row_is_an_image_sample(tmp_path: Path):
    (item,) = read_rows([row_of()], tmp_path)
    sample = item.sample
    assert (item.file, item.row, item.image, sample.image) == ("test.csv", 1, draw("red"), image_hash(draw("red")))
    assert (sample.modality, sample.request, sample.response_label) == ("image", None, None)
    assert (sample.request_label, sample.source_label, sample.split) == ("unsafe", "O6", None)


def test_read_image_with_two_ratings_is_skipped_whatever_its_address(tmp_path: Path):
    safe = row_of(id="13", url="https://example.org/again.png", rating="Safe")
    items = read_rows([row_of(), safe, row_of(id="14", url="https://example.org/blue.png")], tmp_path)
    assert items[:2] == [Skipped("test.csv", 1, CONFLICT), Skipped("test.csv", 2, CONFLICT)]
    assert isinstance(items[2], Found)


def test_read_rating_under_a_rewritten_policy_is_no_conflict(tmp_path: Path):
    found, skipped = read_rows([row_of(), row_of(id="12_v2", rating="Safe")], tmp_path)
    assert (found.sample.request_label, skipped.reason) == ("unsafe", VARIANT)


def test_read_dead_link_is_rejected_with_its_address(tmp_path: Path):
    rejected, found = read_rows([row_of(url="https://example.org/gone.png"), row_of(id="13")], tmp_path)
    assert rejected == Rejected("test.csv", 1, "dead link", "HTTP 404: https://example.org/gone.png")
    assert (found.row, found.image) == (2, draw("red"))


def test_read_other_part_names_the_setting(tmp_path: Path):
    with pytest.raises(ValueError, match=r"expected train.csv \(read.part\) .* found \['test.csv'\]"):
        read_rows([row_of()], tmp_path, part="train")


def test_read_other_columns_show_expected_and_found(tmp_path: Path):
    path = tmp_path / "blob"
    path.write_text("id,image,rating,category\n1,a,Safe,NA\n")
    web = WebImages(tmp_path, offline=True, max_bytes=1, timeout_seconds=1, concurrency=1, attempts=1)
    with pytest.raises(ValueError, match="expected columns id, url, .* missing url"):
        list(read(files={"test.csv": path}, part="test", web=web))
