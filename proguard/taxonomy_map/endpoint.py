"""An annotator behind any OpenAI-compatible server; each answer is kept as it comes."""

from collections.abc import Callable, Sequence
from functools import partial

from proguard.inference.endpoint import EndpointEngine
from proguard.inference.engine import Completion, Query
from proguard.inference.server import Patience, Server
from proguard.storage.images import ImageStore
from proguard.taxonomy_map.journal import ModelAnswer
from proguard.taxonomy_map.question_prompt import Asked, chat
from proguard.taxonomy_map.settings import EndpointAnnotator

QUESTIONS_PER_READ = 256
"""Questions whose images are in memory at a time."""


def annotate_by_endpoint(
    asked: Sequence[Asked],
    *,
    annotator: EndpointAnnotator,
    system: str,
    images: ImageStore,
    patience: Patience,
    keep: Callable[[ModelAnswer], None],
) -> None:
    """Ask the server every question; each answer goes to ``keep`` as it comes, in any order.

    Raises:
        ConnectionError: When the server can't be reached, stays busy or answers in another protocol.
        PermissionError: When there is no key, or the server doesn't take it.
        ValueError: When the server finds the request wrong.
    """
    server = Server(annotator.url, annotator.model, annotator.key_variable, annotator.request)
    where = f"taxonomy_map.annotators: {annotator.name}"
    engine = EndpointEngine(server, patience, max_new_tokens=None, where=where)
    for start in range(0, len(asked), QUESTIONS_PER_READ):
        part = asked[start : start + QUESTIONS_PER_READ]
        content = images.read(a.image for a in part if a.image is not None)
        queries = [Query(chat(a, system), None if a.image is None else content[a.image], id=a.id) for a in part]
        engine.complete_each(queries, partial(_keep_answer, part, keep))


def _keep_answer(
    asked: Sequence[Asked], keep: Callable[[ModelAnswer], None], index: int, completion: Completion
) -> None:
    keep(_answer(asked[index], completion))


def _answer(asked: Asked, completion: Completion) -> ModelAnswer:
    text = None if completion.finish == "refused" else completion.text
    return ModelAnswer(asked.key, asked.id, text, *(completion.tokens or (None, None)))
