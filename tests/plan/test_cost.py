import pytest

from proguard.plan.cost import describe_draw, estimate_cost, find_warnings
from proguard.plan.entries import Model, plan_entries
from proguard.runtime.params import compose_params
from tests.plan.settings import HUB_ENTRY, PAGE, collecting
from tools.closure import ROOT

ASKED = [{"name": "label_map"}, {"name": "large", "kind": "endpoint"}, {"name": "small", "kind": "vllm"}]


def entries_of(folder, **settings):
    sources = {name: HUB_ENTRY | changes for name, changes in settings.items()}
    return plan_entries(collecting(sources), cache=folder, mirror=None)


def cost_of(entries, *overrides: str, annotators=None):
    params = compose_params(ROOT / "conf", overrides)
    if annotators:
        params["taxonomy_map"]["annotators"] = annotators
    return estimate_cost(params, entries)


def warnings_of(entries, models=(), *, has_token=True):
    return list(find_warnings(entries, models, has_token=has_token))


def test_estimate_cost_sums_what_is_known(tmp_path):
    cost = cost_of(entries_of(tmp_path, a={"download_bytes": 3_000_000_000}, b={"download_bytes": 500_000_000}))
    assert cost["rows"] == "2,400 expected"
    assert cost["download"] == "3.5 GB"
    assert cost["disk"].startswith("7.0 GB")


def test_estimate_cost_with_an_unknown_part_is_a_lower_bound(tmp_path):
    cost = cost_of(entries_of(tmp_path, a={"download_bytes": 3_000_000_000}, b={"rows": None}))
    assert cost["download"] == "at least 3.0 GB (1 of 2 unknown)"
    assert cost["rows"] == "at least 1,200 (1 of 2 unknown) expected"
    assert cost_of(entries_of(tmp_path, b={}))["download"] == "unknown (1 of 1 unknown)"


@pytest.mark.parametrize(
    ("overrides", "drawn"),
    [
        (
            ["profile=paper"],
            "87,024 samples: text 29,070 (33.4%), image 27,954 (32.1%), text_image 30,000 (34.5%) (exact); an error when "
            "one is short",
        ),
        (["modality_balance.total=300"], "300 samples: text 100 (33.3%), image 100 (33.3%), text_image 100 (33.3%) "),
        (
            ["modality_balance.strategy=image_scarce", "modality_balance.total=200"],
            "200 samples: text 95 (47.5%), image 10 (5.0%), text_image 95 (47.5%) (image_scarce)",
        ),
        (["profile=mini"], "as many samples as there are, a third of each modality (balanced)"),
        (["profile=open"], "as many samples as there are, in the shares as they come (natural)"),
        (["modality_balance.strategy=image_scarce"], "as many samples as there are, 5% of them images (image_scarce)"),
    ],
)
def test_describe_draw_says_what_the_configuration_asks_for(overrides: list[str], drawn: str):
    assert describe_draw(compose_params(ROOT / "conf", overrides)["modality_balance"]).startswith(drawn)


def test_estimate_cost_counts_calls_of_model_annotators_only(tmp_path):
    entries = entries_of(tmp_path, a={})
    assert cost_of(entries, annotators=ASKED[:1])["annotation"] == "no model annotator, no call"
    # 1,200 rows x 2 models = 2,400 calls; x 1,500 tokens = 3.6 million.
    asked = cost_of(entries, annotators=ASKED)["annotation"]
    assert "2,400 calls of large, small" in asked
    assert "4 million tokens" in asked


def test_estimate_cost_of_training_is_unknown_until_a_step_is_timed(tmp_path):
    entries = entries_of(tmp_path, a={})
    assert "no GPU-hours" in cost_of(entries)["training"]
    assert "unknown unless plan.seconds_per_step" in cost_of(entries, "profile=paper")["training"]
    # 169 steps x 150 s x 8 GPUs / 3600 = 56.33.
    timed = cost_of(entries, "profile=paper", "++plan.seconds_per_step=150")["training"]
    assert "56.3 GPU-hours at 150 s a step" in timed


def test_find_warnings_gate_shows_the_page_and_the_missing_token(tmp_path):
    entries = entries_of(tmp_path, a={"gate": PAGE})
    assert warnings_of(entries, has_token=False) == [
        f"a: gated, accept the terms at {PAGE}; HF_TOKEN is not set",
    ]
    assert warnings_of(entries, has_token=True) == [f"a: gated, accept the terms at {PAGE}"]


@pytest.mark.parametrize(
    ("settings", "warning"),
    [
        ({"revision": "main"}, "not pinned to a commit, may read other data tomorrow: a"),
        ({"licence": "cc-by-nc-4.0"}, "licence forbids commercial use: a"),
        ({"licence": "not stated"}, "licence not stated or without a name, read the terms: a"),
        ({"licence": "other"}, "licence not stated or without a name, read the terms: a"),
    ],
)
def test_find_warnings_names_the_entry(settings, warning, tmp_path):
    assert warnings_of(entries_of(tmp_path, a=settings, b={})) == [warning]


def test_find_warnings_of_a_pinned_open_source_are_none(tmp_path):
    assert warnings_of(entries_of(tmp_path, a={}), [Model(use="base model", name="m", revision="f" * 40)]) == []


def test_find_warnings_names_a_model_that_may_move():
    assert "tomorrow: owner/m" in warnings_of([], [Model(use="annotator", name="owner/m", revision="main")])[0]
