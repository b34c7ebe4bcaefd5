from tests.runtime.mlflow_store import folder, project  # noqa: F401
