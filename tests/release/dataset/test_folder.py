"""A released data set is what the splits hold, read back with `datasets` as others do."""

import io
import re
from collections import Counter
from itertools import pairwise

import datasets
import pytest
import yaml
from datasets import Image, load_dataset
from huggingface_hub import DatasetCard
from PIL import Image as Picture

from proguard.cli import main
from proguard.prompt import IMAGE_PLACEHOLDER, PromptFormat, render_prompt
from proguard.release.dataset import records
from proguard.rl_train.rows import target_from_json
from proguard.storage.images import ImageStore
from tests.release.dataset.world import WARNING, write_pipeline
from tests.worlds import taxonomy

HUB_NAMES = {"train": "train", "val": "validation", "test": "test"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The pipeline's folder, its rows by set, and the released folder."""
    root = tmp_path_factory.mktemp("pipeline")
    rows = write_pipeline(root, n=36)
    main(["release", "--dataset", "--pipeline", str(root), "--output", str(root / "out"), "--name", "Tiny rows"])
    return root, rows, root / "out"


@pytest.fixture(scope="module")
def loaded(world, tmp_path_factory):
    return load_dataset(str(world[2]), cache_dir=str(tmp_path_factory.mktemp("cache")))


def test_sets_have_equal_counts_by_modality_and_role(world, loaded):
    assert set(loaded) == set(HUB_NAMES.values())
    for name, rows in world[1].items():
        read = loaded[HUB_NAMES[name]]
        assert Counter(zip(read["modality"], read["role"], strict=True)) == Counter(
            (row.sample.modality, row.role) for row in rows
        )


def test_ten_rows_render_as_they_are(world, loaded):
    root, rows, _ = world
    by_id = {row.sample.id: row for row in rows["train"]}
    store = ImageStore(root / "data/collected/images")
    assert loaded["train"].features["images"].feature == Image()
    # Spread over the file, which lists texts first.
    for i in range(0, len(by_id), max(1, len(by_id) // 10)):
        read = loaded["train"][i]
        row = by_id[read["id"]]
        assert (read["request"], read["response"]) == (row.sample.request, row.sample.response)
        assert (read["gold"], read["source"], read["licence"]) == (row.target.gold, "mini_world", "the project's own")
        assert target_from_json(read["ground_truth"]) == row.target
        assert read["reward_model"]["ground_truth"] == read["ground_truth"]
        system, user = (message["content"] for message in read["messages"])
        assert all(id_ in system for id_ in row.policy.ids)
        assert read["problem"] == f"{system}\n\n{user}"
        assert user.count(IMAGE_PLACEHOLDER) == len(read["images"]) == (row.sample.image is not None)
        for image in read["images"]:
            (stored,) = store.read([row.sample.image]).values()
            assert image.tobytes() == Picture.open(io.BytesIO(stored)).tobytes()


def test_card_states_terms_counts_quality_leakage_and_limits(world):
    card = DatasetCard.load(world[2] / "README.md")
    assert (card.data.pretty_name, card.data.license, card.data.size_categories) == ("Tiny rows", ["other"], ["n<1K"])
    n = len(world[1]["train"])
    for words in (
        f"| train | default | train | {n} | 0 |",
        "| mini_world | the project's own | drawn | - |",
        "Share of the unsafe samples that got one: 0.75.",
        "| mini_world | embedding | 5 | 0.50 | 0.80 | 0.90 | – |",
        "12 of 20 votes contradict it",
        "No row has a duplicate in another set.",
        f"- {WARNING}.",
    ):
        assert words in card.text
    assert "rebuild.py" not in card.text


def test_tables_of_the_card_are_whole(world):
    lines = (world[2] / "README.md").read_text().splitlines()
    for above, below in pairwise(lines):
        if below.startswith("|---"):
            assert above.count("|") == below.count("|")


def test_shards_are_numbered_and_hold_every_row(world, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "ROWS_PER_SHARD", 7)
    root, rows, _ = world
    main(["release", "--dataset", "--pipeline", str(root), "--output", str(tmp_path / "out")])
    n = -(-len(rows["train"]) // 7)
    names = sorted(file.name for file in (tmp_path / "out/data").glob("train-*"))
    assert names == [f"train-{i:05}-of-{n:05}.parquet" for i in range(n)]
    read = load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"), split="train")
    assert sorted(read["id"]) == sorted(row.sample.id for row in rows["train"])


def test_paths_of_the_card_exist_and_hold_the_training_rows(world, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "ROWS_PER_SHARD", 7)
    root, rows, _ = world
    out = tmp_path / "out"
    main(["release", "--dataset", "--pipeline", str(root), "--output", str(out)])
    card = (out / "README.md").read_text()
    paths = re.findall(r"[\w/.-]+\.parquet", card)
    assert len(paths) > 1
    assert all((out / path).is_file() for path in paths)
    verl, easy_r1 = re.findall(r"data\.train_files=([^ ']+)", card)
    assert verl == f"[{','.join(paths)}]"
    expected = sorted(row.sample.id for row in rows["train"])
    # As the two trainers read them.
    cache = str(tmp_path / "cache")
    for files in ({"data_files": [str(out / path) for path in paths]}, {"data_dir": str(out / easy_r1)}):
        read = load_dataset("parquet", **files, split="train", cache_dir=cache)
        assert sorted(read["id"]) == expected


@pytest.mark.parametrize("has_image", [True, False])
def test_python_of_the_card_makes_the_columns_of_trl(has_image, world, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    _, rows, out = world
    card = (out / "README.md").read_text().replace("path/to/this/folder", str(out))
    if not has_image:
        card = card.replace('modality != "text"', 'modality == "text"').replace(
            '["messages"])', '["messages", "images"])'
        )
    blocks = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    assert len(blocks) == 2
    names = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    made = names["train_dataset"]
    by_id = {row.sample.id: row for row in rows["train"]}
    assert sorted(made["id"]) == sorted(id_ for id_, row in by_id.items() if bool(row.sample.image) == has_image)
    assert {"messages", "images"} & set(made.column_names) == ({"images"} if has_image else set())
    for row in made:
        expected = render_prompt(by_id[row["id"]].sample, by_id[row["id"]].policy, taxonomy(), PromptFormat("full"))
        assert [message["role"] for message in row["prompt"]] == ["system", "user"]
        for message, each in zip(row["prompt"], expected, strict=True):
            texts = [IMAGE_PLACEHOLDER if p["type"] == "image" else p["text"] for p in message["content"]]
            assert "".join(texts) == each["content"]
        assert len(row.get("images", [])) == has_image


def read_prompts(out, cache):
    """Return the messages of the training rows, by id."""
    read = load_dataset(str(out), cache_dir=str(cache), split="train")
    return {row["id"]: row["messages"] for row in read.remove_columns("images")}


def test_prompts_are_full_and_uncut_unless_those_of_the_guard_are_asked_for(world, tmp_path):
    root, rows, _ = world
    params = yaml.safe_load((root / "params.yaml").read_text())
    params["prompt"] = {"style": "compact", "max_chars": 12}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    (tmp_path / "data").symlink_to(root / "data")
    stated = {
        (): ("style `full`: the task, the policy with descriptions", "They hold each request and response uncut."),
        ("--prompt-of-guard",): ("style `compact`: the policy without descriptions", "keeps 12 characters"),
    }
    for number, (option, wording) in enumerate(stated.items()):
        out = tmp_path / f"out{number}"
        main(["release", "--dataset", *option, "--pipeline", str(tmp_path), "--output", str(out)])
        prompt = PromptFormat(**params["prompt"]) if option else PromptFormat("full")
        expected = {row.sample.id: render_prompt(row.sample, row.policy, taxonomy(), prompt) for row in rows["train"]}
        assert read_prompts(out, tmp_path / f"cache{number}") == expected
        card = (out / "README.md").read_text()
        assert all(words in card for words in wording)


def test_another_test_set_is_a_configuration_of_its_own(world, tmp_path):
    root, rows, _ = world
    params = yaml.safe_load((root / "params.yaml").read_text())
    params["ood_split"]["test_sets"]["fixed"] = {"split": "test", "shuffle_ids": False}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    (tmp_path / "data").symlink_to(root / "data")
    (root / "data/splits/fixed.parquet").write_bytes((root / "data/splits/test.parquet").read_bytes())
    main(["release", "--dataset", "--pipeline", str(tmp_path), "--output", str(tmp_path / "out")])
    read = load_dataset(str(tmp_path / "out"), "fixed", cache_dir=str(tmp_path / "cache"))
    assert {split: part.num_rows for split, part in read.items()} == {"test": len(rows["test"])}


def test_release_without_a_run_says_what_to_do(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["release", "--dataset", "--pipeline", str(tmp_path)])
    assert "run `dvc repro`" in capsys.readouterr().err
