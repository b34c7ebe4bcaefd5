"""A query as the text that a model reads: its chat template applied, or the raw prompt as it is."""

from pathlib import Path

from transformers import AutoConfig, AutoProcessor, AutoTokenizer
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES

from proguard.inference.engine import Query
from proguard.prompt import chat_messages


class Chat:
    """The processor of a model folder: of images and texts, or of texts alone."""

    def __init__(self, guard: Path | str, *, remote_code: bool) -> None:
        """Load the processor, or the tokenizer of a model that takes no image."""
        config = AutoConfig.from_pretrained(guard, trust_remote_code=remote_code)
        self.sees_images = config.model_type in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
        source = AutoProcessor if self.sees_images else AutoTokenizer
        self.processor = source.from_pretrained(guard, trust_remote_code=remote_code)
        self.tokenizer = self.processor.tokenizer if self.sees_images else self.processor

    def render(self, query: Query) -> str:
        """Return the whole prompt of a query, the start of the completion included.

        Templates of vision-language models take contents as typed parts, those of text models as plain texts unless
        the query says otherwise.
        """
        if isinstance(query.messages, str):
            return query.messages + query.prefill
        messages = chat_messages(query.messages) if self.sees_images or query.typed else query.messages
        options = {"add_generation_prompt": True, **query.template}
        return self.processor.apply_chat_template(messages, tokenize=False, **options) + query.prefill
