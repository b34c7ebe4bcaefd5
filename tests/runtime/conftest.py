from tests.runtime.mlflow_store import empty_store, project  # noqa: F401
