"""Stage evaluate: metrics with intervals, and the report."""
