"""Engines for tests: they answer by rule, or fail on purpose."""

from collections.abc import Callable, Sequence

from proguard.inference.engine import Completion, PromptTooLongError, Query
from proguard.verdict import Verdict, render


def say(request="safe", response=None, category=None, reasoning="because"):
    """Return a completion in the format."""
    return render(Verdict(request, response, category, reasoning))


class RuleEngine:
    """Answers each query by a function of its messages' text; remembers the sizes of its batches."""

    def __init__(self, rule: Callable[[str], str] | str) -> None:
        self.rule = rule if callable(rule) else lambda _: rule
        self.batches: list[int] = []

    def complete(self, queries: Sequence[Query]) -> list[Completion]:
        self.batches.append(len(queries))
        return [Completion(self.rule("\n".join(m["content"] for m in query.messages))) for query in queries]


class ScoringEngine(RuleEngine):
    """Answers by rule, with the probability of unsafe that the rule gives next to the completion."""

    def complete(self, queries: Sequence[Query]) -> list[Completion]:
        answers = [self.rule("\n".join(m["content"] for m in query.messages)) for query in queries]
        return [Completion(text, scores=({"no": 1 - p, "safe": 1 - p, "unsafe": p},) * 2) for text, p in answers]


class FailingEngine(RuleEngine):
    """Raises for every batch that holds a text with ``poison``, and answers the others."""

    def __init__(self, rule: Callable[[str], str] | str, *, poison: str, error: Exception | None = None) -> None:
        super().__init__(rule)
        self.poison = poison
        self.error = error or RuntimeError("secret detail")

    def complete(self, queries: Sequence[Query]) -> list[Completion]:
        if bad := [i for i, query in enumerate(queries) if self.poison in query.messages[1]["content"]]:
            raise PromptTooLongError(bad, 10) if isinstance(self.error, PromptTooLongError) else self.error
        return super().complete(queries)
