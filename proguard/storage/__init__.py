"""Atomic files, image shards and fingerprints."""
