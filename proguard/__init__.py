"""ProGuard: the library behind the stages, importable in a notebook, a Ray worker and a test."""
