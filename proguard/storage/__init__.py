"""Atomic files, image shards, journals and fingerprints."""
