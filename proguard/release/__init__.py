"""A trained guard as others take it: a folder for the Hugging Face hub, and a version in MLflow's registry."""
