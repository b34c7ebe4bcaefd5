"""The command of ``rebuild.py`` in a released data set."""

import argparse
import sys
from pathlib import Path

from proguard.collect.files.editions import Access, find_cache, find_mirror
from proguard.release.dataset.withheld import rebuild_rows
from proguard.runtime.lock import exclusive


def main(folder: Path) -> None:
    """Rebuild the withheld rows of the data set in ``folder`` and exit; 1 when some are missing or changed."""
    parser = argparse.ArgumentParser(description="Add the rows that this data set has only the ids of.")
    parser.add_argument("--mirror", help="folder with a folder per source (default: PROGUARD_MIRROR)")
    parser.add_argument("--cache", help="folder of downloads (default: PROGUARD_CACHE, ~/.cache/proguard)")
    options = parser.parse_args()
    access = Access(
        mirror=find_mirror(options.mirror), cache=find_cache(options.cache), offline=False, hub_endpoint=None
    )
    try:
        with exclusive(folder):
            done = rebuild_rows(folder, access)
    except (ValueError, OSError, RuntimeError) as error:
        parser.exit(2, f"{error}\n")
    for name, rebuilt in done.items():
        left = f"; {rebuilt.missing} that the source no longer has, {rebuilt.changed} that it changed"
        sys.stdout.write(f"{name}: {rebuilt.rows} rows added{left if rebuilt.missing + rebuilt.changed else ''}\n")
    sys.exit(any(rebuilt.missing + rebuilt.changed for rebuilt in done.values()))
