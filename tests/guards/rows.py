"""Rows for tests of guards: one of each modality, with and without a response."""

from proguard.policy import full_policy
from proguard.row import make_row as row_of
from proguard.sample import make_sample
from tests.worlds import LEVELS, taxonomy

REQUEST, RESPONSE = "how do i bake bread", "mix flour and water"


def make_row(modality="text", request=REQUEST, response=RESPONSE, **labels):
    """Return a row; ``response=None`` leaves it out, and an image alone has no text."""
    is_image = modality == "image"
    sample = make_sample(
        source="test",
        modality=modality,
        request=None if is_image else request,
        response=None if is_image else response,
        image=None if modality == "text" else "0" * 64,
        **{"request_label": "safe", **labels},
    )
    return row_of(sample, full_policy(taxonomy(), LEVELS[modality]), "free", taxonomy())


ROWS = {
    "both": make_row(),
    "request": make_row(response=None),
    "text_image": make_row("text_image"),
    "image": make_row("image"),
}
