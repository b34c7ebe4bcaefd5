"""Stage check_params: conf/ in, nothing out but a mark that never changes.

    python stages/check_params.py

DVC runs it when a file under conf/ has changed. `dvc exp run` has then just composed conf/ into params.yaml;
`dvc repro` has not, and this stops it before anything stale is taken for new.
"""

import os
import sys
from pathlib import Path

from proguard.runtime.params import stale_message
from proguard.storage.files import atomic_file

MARK = Path("data/params_checked.txt")


def main() -> None:
    """Run the stage."""
    is_composed = "DVC_EXP_BASELINE_REV" in os.environ
    if not is_composed and (message := stale_message()):
        sys.exit(message)
    with atomic_file(MARK) as temporary:
        temporary.write_text("params.yaml was composed from conf/\n", encoding="utf-8")


if __name__ == "__main__":
    main()
