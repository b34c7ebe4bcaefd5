"""Stage guards: an entry of conf/guard in, the folder of a guard that is not ours out.

python stages/guards.py predict.guard=word_list
"""

from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf

from proguard.guard_entries.entry import make_spec
from proguard.guard_entries.recordings import record_table
from proguard.guards.recorded import ANSWERS_FILE
from proguard.guards.spec import write_spec
from proguard.runtime.stage import run_stage
from proguard.storage.files import atomic_folder, write_json, write_table
from proguard.taxonomy import load_taxonomy


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    name = cfg.predict.guard
    entry = OmegaConf.to_container(cfg.guards[name], resolve=True)
    spec = make_spec(name, entry, maps=Path(cfg.paths.guard_maps), taxonomy=load_taxonomy(cfg.paths.taxonomy))
    summary: dict[str, str | int | None] = {"family": spec.family, "records": None}
    with atomic_folder(Path(cfg.paths.guards) / name) as folder:
        write_spec(spec, folder)
        if spec.recorded is not None:
            table = record_table(spec.recorded, Path(cfg.paths.recorded), f"guards.{name}")
            write_table(table, folder / ANSWERS_FILE)
            summary["records"] = len(table)
    write_json(summary, Path(cfg.paths.summaries) / f"guards-{name}.json")


if __name__ == "__main__":
    run_stage("guards", main)
