"""Readings: what a guard said, row by row, and the table that predict writes and evaluate reads."""
