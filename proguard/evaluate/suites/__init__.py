"""Suites: what a guard says of a row before and after the row was changed in one way."""
