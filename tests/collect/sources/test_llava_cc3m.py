import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from proguard.collect.item import Found, Item, Rejected, Skipped, image_hash
from proguard.collect.sources.llava_cc3m import NOT_DRAWN, draw_rows, read


def draw(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def row_of(
    id_: str = "GCC_1", *, human: str = "Describe it.\n<image>", gpt: str = "a dog", **more: Any
) -> dict[str, Any]:
    said = [{"from": "human", "value": human}, {"from": "gpt", "value": gpt}]
    return {"id": id_, "image": "GCC_red.jpg", "conversations": said} | more


def read_rows(rows: list[Any], folder: Path, *, limit: int | None = None, seed: int = 1) -> list[Item]:
    chat, images = folder / "chat", folder / "images"
    chat.write_text(json.dumps(rows))
    with zipfile.ZipFile(images, "w") as archive:
        archive.writestr("GCC_red.jpg", draw("red"))
        archive.writestr("../GCC_out.jpg", draw("red"))
    return list(read(files={"chat.json": chat, "images.zip": images}, limit=limit, seed=seed))


@pytest.mark.parametrize("human", ["Describe it.\n<image>", "<image>\nDescribe it.", "Describe it."])
def test_read_row_is_safe_and_its_mark_is_no_part_of_the_request(human: str, tmp_path: Path):
    (item,) = read_rows([row_of(human=human)], tmp_path)
    sample = item.sample
    assert (sample.modality, sample.request, sample.response) == ("text_image", "Describe it.", "a dog")
    assert (sample.request_label, sample.response_label, sample.source_label) == ("safe", "safe", None)
    assert (item.image, sample.image, sample.split) == (draw("red"), image_hash(draw("red")), None)


def test_read_placeholder_of_a_caption_stays(tmp_path: Path):
    (item,) = read_rows([row_of(gpt="<PERSON> walks a dog")], tmp_path)
    assert item.sample.response == "<PERSON> walks a dog"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (row_of(human="<image>\n"), "empty text"),
        (row_of(gpt=" "), "empty text"),
        (row_of(conversations=[{"from": "human", "value": "Describe it."}]), "wrong type"),
        (row_of(conversations="a dog"), "wrong type"),
        (row_of(image="GCC_blue.jpg"), "missing image"),
        (row_of(image=None), "missing image"),
        (row_of(image="../GCC_out.jpg"), "unsafe archive entry"),
        (["no object"], "unreadable row"),
    ],
)
def test_read_bad_row_is_rejected(record: Any, reason: str, tmp_path: Path):
    _, rejected = read_rows([row_of(), record], tmp_path)
    assert isinstance(rejected, Rejected)
    assert (rejected.row, rejected.reason) == (2, reason)


def test_read_limit_draws_that_many_and_counts_the_others(tmp_path: Path):
    items = read_rows([row_of(f"GCC_{i}", gpt=f"dog {i}") for i in range(20)], tmp_path, limit=5)
    assert [item.row for item in items] == list(range(1, 21))
    assert sum(isinstance(item, Found) for item in items) == 5
    assert {item.reason for item in items if isinstance(item, Skipped)} == {NOT_DRAWN}


def test_read_row_that_is_not_drawn_is_not_looked_at(tmp_path: Path):
    rows = [row_of(f"GCC_{i}", image="GCC_blue.jpg") for i in range(20)]
    items = read_rows(rows, tmp_path, limit=1)
    assert [type(item) for item in items].count(Rejected) == 1


def drawn(rows: list[dict[str, Any]], **settings: int) -> set[str]:
    return {record["id"] for _, record in draw_rows(enumerate(rows, 1), **settings) if record is not None}


def test_draw_rows_draw_depends_on_ids_and_seed_and_not_on_order():
    rows = [row_of(f"GCC_{i}") for i in range(100)]
    shuffled = random.Random(0).sample(rows, len(rows))
    assert drawn(rows, limit=10, seed=1) == drawn(shuffled, limit=10, seed=1)
    assert drawn(rows, limit=10, seed=1) < drawn(rows, limit=20, seed=1)
    assert drawn(rows, limit=10, seed=1) != drawn(rows, limit=10, seed=2)


def test_read_draw_takes_any_id(tmp_path: Path):
    ids = ["\ud83d", 7, None, ["x"], {"a": 1}]
    items = read_rows([row_of(id_) for id_ in ids], tmp_path, limit=4)
    assert [type(item) for item in items].count(Skipped) == 1


def test_draw_rows_limit_above_their_number_takes_all():
    assert len(drawn([row_of(f"GCC_{i}") for i in range(3)], limit=10, seed=1)) == 3


def test_read_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match=r"expected chat.json and images.zip .* missing images.zip"):
        list(read(files={"chat.json": tmp_path}, limit=None, seed=1))


def test_read_other_columns_show_expected_and_found(tmp_path: Path):
    with pytest.raises(ValueError, match="expected columns id, image, conversations; found caption, id"):
        read_rows([{"id": "1", "caption": "a dog"}], tmp_path)
