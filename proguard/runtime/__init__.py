"""Machine matters, in no stage's deps: how a stage starts, params.yaml, MLflow, Ray clusters."""
