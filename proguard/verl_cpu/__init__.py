"""A plugin that lets stock verl 0.9.1 train on a machine without a GPU, with equal weights on every run.

verl finds it through its own keys and variables and nothing of verl is edited: `platform` by
`VERL_PLATFORM=cpu` and `VERL_USE_EXTERNAL_MODULES`, `engine` by `model.external_lib`, `order` by the keys for
a sampler and an agent loop manager. `main` replaces verl's main program.
"""
