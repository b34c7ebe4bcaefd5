"""The guard as an MLflow model: `mlflow.pyfunc.load_model(uri).predict([{"request": "..."}])`.

MLflow runs this file as a script when it loads the model ("models from code").
"""

import base64
from typing import Any

import mlflow
from mlflow.pyfunc import PythonModel
from pydantic import BaseModel

from proguard.moderate.guard import Guard
from proguard.moderate.item import Item, make_item


class GuardInput(BaseModel):
    """One item. An image is base64: a path would let whoever asks a server read its files."""

    request: str | None = None
    response: str | None = None
    images: list[str] | None = None

    def to_item(self) -> Item:
        """Return the item as a guard takes it."""
        images = [base64.b64decode(image, validate=True) for image in self.images or ()]
        return make_item(request=self.request, response=self.response, images=images)


class GuardModel(PythonModel):
    """A guard that judges items."""

    def load_context(self, context: Any) -> None:
        """Load the guard of the model's artifacts."""
        self._guard = Guard.load(context.artifacts["guard"])

    def predict(self, model_input: list[GuardInput]) -> list[dict[str, Any]]:
        """Return the outcome of each item as plain values."""
        return [outcome.to_dict() for outcome in self._guard.moderate([each.to_item() for each in model_input])]


mlflow.models.set_model(GuardModel())
