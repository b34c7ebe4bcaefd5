"""The tiny model's tokenizer: byte-level BPE in which each word of the world and of the taxonomy is one token.

Any text tokenizes and decodes back, by bytes where no word fits. Each fixed piece of a verdict is one token, line
breaks included, so that a completion is about twelve tokens long.
"""

from collections.abc import Iterator

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from proguard.mini_world.pictograms import COLOURS, SHAPES
from proguard.mini_world.world import load_world
from proguard.taxonomy import Taxonomy
from proguard.tiny_base.teacher import SAFE_REASONING, VAGUE_NAMES

END_OF_TURN = "<|im_end|>"
PADDING = "<|endoftext|>"
IMAGE_PAD = "<|image_pad|>"

SPECIAL_TOKENS = (
    PADDING,
    "<|im_start|>",
    END_OF_TURN,
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    IMAGE_PAD,
    "<|video_pad|>",
)
"""As in Qwen2.5-VL."""

FRAME_PIECES = (
    "<think>\n",
    "\n</think>\n<answer>\nRequest:",
    "\nResponse:",
    "\nCategory:",
    "\n</answer>",
    "<user>",
    "</user>",
    "</user>\n<agent>",
    "</agent>",
)
"""The fixed pieces of a verdict and of a prompt's user message."""

_WORDS = r"\n| ?C\d+(?:S\d+)?| ?[A-Za-z]+| ?\d| ?[^\sA-Za-z\d]+|\s"


def train_tokenizer(taxonomy: Taxonomy, vocab_size: int) -> PreTrainedTokenizerFast:
    """Return a tokenizer with Qwen's special tokens that pads on the left.

    It has ``vocab_size`` tokens or fewer: merging ends when each word of the corpus is one token.
    """
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    words = pre_tokenizers.Split(Regex(_WORDS), "isolated")
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, to_bytes])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - len(FRAME_PIECES),
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(taxonomy), trainer)
    tokenizer.add_tokens([AddedToken(piece, normalized=False, special=False) for piece in FRAME_PIECES])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END_OF_TURN,
        pad_token=PADDING,
        additional_special_tokens=[t for t in SPECIAL_TOKENS if t not in (END_OF_TURN, PADDING)],
        padding_side="left",
        model_max_length=4096,
    )


def _corpus(taxonomy: Taxonomy) -> Iterator[str]:
    """Yield every word that a lesson may hold, in its form at the start of a line and after a space."""
    for text in _texts(taxonomy):
        yield text
        yield f" {text}"


def _texts(taxonomy: Taxonomy) -> Iterator[str]:
    world = load_world()
    for node in taxonomy:
        yield from (node.code, node.name, *node.synonyms)
    for words in (*world["unsafe"].values(), world["safe"]):
        yield from (*words["cues"], *words["things"])
    yield from world["harmless_partners"]
    for key in ("requests", "picture_requests", "refusals", "compliances"):
        yield from (template.format(phrase="picture") for template in world[key]["train"])
    yield from (*SHAPES, *COLOURS, *VAGUE_NAMES, SAFE_REASONING)
    yield from ("system", "user", "assistant", "check", "text", "image", "response", "safe", "unsafe", "None")
    yield from ("describe", "list", "again", "names", "is", "not", "listed")
