"""Rows of a test set, each changed in one way: what the suites on policies and on modalities ask."""
