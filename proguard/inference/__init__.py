"""Inference engines: prompts in, completions out."""
