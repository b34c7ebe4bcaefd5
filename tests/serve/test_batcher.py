import asyncio
import threading

import pytest

from proguard.moderate.outcome import Outcome
from proguard.serve.batcher import Batcher
from proguard.serve.errors import ApiError
from proguard.serve.limits import ServeLimits


class Judge:
    """Gives each item as the outcome's detail; waits until it is released."""

    def __init__(self):
        self.batches = []
        self.released = threading.Event()

    def __call__(self, pairs):
        self.released.wait(10)
        self.batches.append([item for item, _ in pairs])
        if any(item == "wrong number" for item, _ in pairs):
            return []
        if any(item == "raise" for item, _ in pairs):
            raise RuntimeError("judge failed")
        return [Outcome(detail=item) for item, _ in pairs]


def batcher(judge, **limits):
    return Batcher(judge, ServeLimits(**limits))


async def submit(queue, *items, n_prompts=1):
    outcomes = await queue.judge([(item, None) for item in items], [n_prompts] * len(items))
    return [outcome.detail for outcome in outcomes]


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


def test_what_comes_while_the_engine_works_is_the_next_batch():
    async def scenario():
        judge = Judge()
        queue = batcher(judge, batch_prompts=3)
        tasks = [asyncio.create_task(submit(queue, "first"))]
        await until(lambda: queue._running)
        tasks += [asyncio.create_task(submit(queue, f"later {i}")) for i in range(4)]
        await until(lambda: queue.depth == 4)
        judge.released.set()
        return await asyncio.gather(*tasks), [len(batch) for batch in judge.batches]

    said, sizes = asyncio.run(scenario())
    assert said == [["first"], ["later 0"], ["later 1"], ["later 2"], ["later 3"]]
    assert sizes == [1, 3, 1]


@pytest.mark.parametrize("n_prompts", [1, 2, 5])
def test_item_of_many_prompts_is_judged_whole(n_prompts):
    async def scenario():
        judge = Judge()
        judge.released.set()
        return await submit(batcher(judge, batch_prompts=2), "a", "b", "c", n_prompts=n_prompts)

    assert asyncio.run(scenario()) == ["a", "b", "c"]


def test_full_queue_takes_all_items_of_a_request_or_none():
    async def scenario():
        judge = Judge()
        queue = batcher(judge, queue_prompts=3)
        tasks = [asyncio.create_task(submit(queue, "first"))]
        await until(lambda: queue._running)
        tasks.append(asyncio.create_task(submit(queue, "a", "b")))
        await until(lambda: queue.depth == 2)
        with pytest.raises(ApiError) as refused:
            await submit(queue, "c", "d")
        tasks.append(asyncio.create_task(submit(queue, "e")))
        judge.released.set()
        return refused.value, await asyncio.gather(*tasks)

    refused, said = asyncio.run(scenario())
    assert (refused.status, refused.code) == (429, "queue_full")
    assert said == [["first"], ["a", "b"], ["e"]]


def test_queue_that_would_take_too_long_is_full():
    async def scenario():
        judge = Judge()
        queue = Batcher(judge, ServeLimits(queue_seconds=1.0), seconds_per_prompt=0.6)
        task = asyncio.create_task(submit(queue, "first"))
        await until(lambda: queue._running)
        waits = asyncio.create_task(submit(queue, "second"))
        await until(lambda: queue.depth == 1)
        with pytest.raises(ApiError) as refused:
            queue.check_room()
        judge.released.set()
        await asyncio.gather(task, waits)
        queue.check_room()
        return refused.value

    assert asyncio.run(scenario()).retry_after == pytest.approx(1.2)


def test_item_that_nobody_waits_for_is_not_judged():
    async def scenario():
        judge = Judge()
        queue = batcher(judge)
        first = asyncio.create_task(submit(queue, "first"))
        await until(lambda: queue._running)
        gone = asyncio.create_task(submit(queue, "gone"))
        await until(lambda: queue.depth == 1)
        gone.cancel()
        await asyncio.sleep(0.01)
        judge.released.set()
        await first
        await submit(queue, "last")
        return judge.batches

    assert asyncio.run(scenario()) == [["first"], ["last"]]


@pytest.mark.parametrize("item", ["raise", "wrong number"])
def test_judge_that_fails_fails_its_batch_and_not_the_next(item):
    async def scenario():
        judge = Judge()
        judge.released.set()
        queue = batcher(judge)
        with pytest.raises(RuntimeError):
            await submit(queue, item)
        return await submit(queue, "next")

    assert asyncio.run(scenario()) == ["next"]


def test_batch_that_takes_longer_than_usual_closes_the_queue():
    async def scenario():
        judge = Judge()
        queue = Batcher(judge, ServeLimits(queue_seconds=0.05), seconds_per_prompt=0.001)
        tasks = [asyncio.create_task(submit(queue, "first"))]
        await until(lambda: queue._running)
        tasks.append(asyncio.create_task(submit(queue, "second")))
        await until(lambda: queue.depth == 1)
        queue.check_room()
        await asyncio.sleep(0.05)
        with pytest.raises(ApiError) as refused:
            queue.check_room()
        judge.released.set()
        await asyncio.gather(*tasks)
        return refused.value

    assert asyncio.run(scenario()).code == "queue_full"


def test_give_up_answers_all_that_wait_and_leaves_none():
    async def scenario():
        judge = Judge()
        queue = batcher(judge)
        tasks = [asyncio.create_task(submit(queue, "first"))]
        await until(lambda: queue._running)
        tasks.append(asyncio.create_task(submit(queue, "second", "third")))
        await until(lambda: queue.depth == 2)
        queue.give_up()
        said = await asyncio.gather(*tasks, return_exceptions=True)
        judge.released.set()
        return said, queue._waiting

    said, waiting = asyncio.run(scenario())
    assert [(error.status, error.code) for error in said] == [(503, "stopping")] * 2
    assert waiting == set()
