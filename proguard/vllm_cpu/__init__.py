"""What lets verl roll out with vLLM where no GPU is: ``engine=cpu_vllm``, in the environment of `make test-vllm`.

No stage depends on it by default: `conf/engine/cpu_vllm.yaml` names its modules, and verl and vLLM import them.
"""
