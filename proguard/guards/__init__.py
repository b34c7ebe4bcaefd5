"""Every guard: how to ask it about a row, and how to read its answers.

`family` says what a family of guards is, `reading` what is read. Left out: Qwen3Guard-Stream, which judges each token
by heads of its own, and GuardReasoner-Omni, which also takes video and audio.
"""
