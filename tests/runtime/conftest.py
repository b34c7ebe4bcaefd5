from tests.runtime.mlflow_store import empty_store, folder, project  # noqa: F401
