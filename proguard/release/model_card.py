"""The model card: README.md of a release, with the results in the form that the hub reads (model-index)."""

from importlib.resources import files

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from proguard.card import GuardCard
from proguard.release.record import Record

TEMPLATE = files("proguard.release") / "model_card.md.j2"


def make_model_card(card: GuardCard, record: Record, *, name: str, licence: str) -> ModelCard:
    """Return the model card of a guard.

    Args:
        card: The guard's card.
        record: What was measured.
        name: Name of the model.
        licence: Identifier of the weights' licence, as the hub spells it.
    """
    base = str(card.origin.get("base"))
    is_hub = card.origin.get("revision") is not None
    results = [
        EvalResult(
            task_type="image-text-to-text",
            task_name="content safety",
            dataset_type=m.test_set,
            dataset_name=m.test_set,
            dataset_split="test",
            metric_type=f"{m.headline.task}_{m.headline.metric}",
            metric_name=m.headline.title,
            metric_value=m.value,
            metric_args={"low": m.low, "high": m.high, "confidence": record.confidence, "n": m.n},
        )
        for m in record.measured
    ]
    data = ModelCardData(
        model_name=name,
        license=licence,
        library_name="transformers",
        pipeline_tag="image-text-to-text",
        tags=["content-safety", "guardrail", "moderation"],
        base_model=base if is_hub else None,
        datasets=[source.name for source in record.sources],
        eval_results=results,
    )
    if is_hub:
        data["base_model_relation"] = "finetune"
    return ModelCard.from_template(
        data,
        template_str=TEMPLATE.read_text(encoding="utf-8"),
        name=name,
        base=base,
        steps=card.origin.get("steps"),
        card=card,
        record=record,
    )
