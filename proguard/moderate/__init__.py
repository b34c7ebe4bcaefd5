"""One item judged by a trained guard."""
