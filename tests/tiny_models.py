"""A tiny text-only Llama with random weights, its own tokenizer and a chat template that raises on bad roles."""

from collections.abc import Sequence
from pathlib import Path

TEMPLATE = """\
{{- bos_token }}Task: check the {{ 'User' if messages|length % 2 else 'Agent' }}
{% for message in messages -%}
{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}{{ raise_exception('roles must alternate') }}{%- endif -%}
{%- if message['content'] is not string -%}{{ raise_exception('content must be a text') }}{%- endif -%}
{{ message['role'] }}: {{ message['content'] }}
{% endfor -%}
{{ rule }}{% if add_generation_prompt %} answer:{% endif %}"""

WORDS = ("safe", "unsafe", "yes", "no", "Yes", "No", "S1", "S2", "User", "Agent", "user", "assistant", "answer:")


def build_llama(folder: Path, texts: Sequence[str] = (), *, head_size: int = 16) -> Path:
    """Write a model into ``folder``; its tokenizer has the `WORDS` as tokens of their own.

    vLLM attends on a CPU with heads of 32, 64, 128 and a few other sizes.
    """
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    core.train_from_iterator([" ".join(WORDS)] * 20 + list(texts), trainer)
    core.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", core.token_to_id("<s>"))]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token=AddedToken("<s>"), eos_token=AddedToken("</s>"), chat_template=TEMPLATE
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=2 * head_size,
        intermediate_size=4 * head_size,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder
