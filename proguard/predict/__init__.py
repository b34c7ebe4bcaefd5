"""Prediction: what a guard writes about rows, by engine."""
