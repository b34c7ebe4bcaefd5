"""The tiny base model of the mini profile: a Qwen2.5-VL of a million parameters that moderates poorly."""
