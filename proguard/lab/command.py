"""`proguard lab`: what each way to game the reward earns on the training rows.

proguard lab                         the rewards strict and paper; exit 1 when the one that trains fails its gate
proguard lab reward.sibling_id=0.75  the gate of another reward
proguard lab --calibrate             the credited share of held-out names by floor; reads no rows
"""

import argparse
import sys

SUMMARY = "try to game the reward, or calibrate what it takes for a name"

GATE_FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("--calibrate", action="store_true", help="print the credited share of held-out names by floor")
    parser.add_argument("overrides", nargs="*", help="Hydra overrides, such as reward=paper")


def run(options: argparse.Namespace) -> int:
    """Print the table and the faults, or the curve; return the exit code.

    Raises:
        ValueError: When an override cannot be composed or a value is refused.
        FileNotFoundError, ValueError: When the training rows are missing or damaged.
    """
    from pathlib import Path

    import polars as pl

    from proguard.lab.calibration import draw_curve, read_pairs
    from proguard.naming import NameBank, SimilarityConfig
    from proguard.reward.config import RewardConfig
    from proguard.reward_lab.run import plan_lab, run_lab
    from proguard.row import read_rows
    from proguard.runtime.allowed import check_settings
    from proguard.runtime.inputs import check_inputs
    from proguard.runtime.params import compose_params
    from proguard.runtime.reading import reading
    from proguard.taxonomy import load_taxonomy

    settings = compose_params(overrides=options.overrides)
    check_settings(settings)
    check_inputs(settings["paths"])
    bank = NameBank(load_taxonomy(settings["paths"]["taxonomy"]), SimilarityConfig(**settings["similarity"]))
    pl.Config.set_tbl_rows(-1).set_tbl_cols(-1).set_tbl_hide_column_data_types(True).set_fmt_str_lengths(60)
    pl.Config.set_tbl_hide_dataframe_shape(True).set_tbl_formatting("MARKDOWN").set_tbl_width_chars(200)
    if options.calibrate:
        sys.stdout.write(f"{draw_curve(read_pairs(bank), bank)}\n")
        return 0
    rows_file = Path(settings["paths"]["splits"]) / "train.parquet"
    with reading(rows_file, "run `dvc repro ood_split`"):
        rows = read_rows(rows_file, bank.taxonomy)
    plan = plan_lab(RewardConfig(**settings["reward"]), **settings["reward_lab"])
    findings = run_lab(rows, plan, bank)
    sys.stdout.write(f"Mean reward of {plan.max_rows} rows at most, of 3:\n{findings.overview()}\n\n")
    sys.stdout.write(f"Best constant names under {plan.gated}, each category as frequent:\n{findings.best_names()}\n\n")
    sys.stdout.write(f"The same on the rows as they are:\n{findings.best_on_rows()}\n\n")
    sys.stdout.write(findings.conclusion(plan.gated))
    return GATE_FAILED if findings.faults else 0
