"""The `openai` package against a real server on the loopback."""

import asyncio
import shutil

import openai
import pytest

from proguard.guard_folder import seal_guard
from proguard.moderate.guard import Guard
from proguard.serve.keys import Keys
from proguard.serve.service import Service
from tests.moderate.engines import RuleEngine, say
from tests.moderate.test_item import RED
from tests.serve.servers import KEY, image_part, make_service, rule, serving
from tests.worlds import draw_rows, make_guard_card
from tools.closure import ROOT

pytestmark = pytest.mark.slow


def client_of(address, kind=openai.OpenAI, key=KEY, **options):
    return kind(base_url=f"{address}/v1", api_key=key, **options)


def test_client_gets_results_and_our_extra_fields():
    with serving(make_service(keys=Keys([KEY]))) as address:
        client = client_of(address)
        answer = client.moderations.create(
            input=["fine", "bad"], model="omni-moderation-latest", extra_body={"explain": True}
        )
        image = client.moderations.create(input=[{"type": "text", "text": "fine"}, image_part(RED)])
        assert [model.id for model in client.models.list()] == ["proguard"]
    assert [result.flagged for result in answer.results] == [False, True]
    assert answer.results[1].categories.model_dump()["C2S2"] is True
    assert answer.results[1].proguard["reasoning"] == "because"
    assert image.results[0].proguard["covered"] == ["request", "image 1"]


@pytest.mark.parametrize(
    ("arguments", "key", "error", "code"),
    [
        ({"input": [1]}, KEY, openai.BadRequestError, "invalid_type"),
        ({"input": "a", "model": "gpt-4"}, KEY, openai.NotFoundError, "model_not_found"),
        ({"input": "a"}, "wrong", openai.AuthenticationError, "invalid_api_key"),
    ],
)
def test_client_raises_its_own_error_with_our_code(arguments, key, error, code):
    with serving(make_service(keys=Keys([KEY]))) as address, pytest.raises(error) as raised:
        client_of(address, key=key).moderations.create(**arguments)
    assert raised.value.code == code
    assert raised.value.request_id.startswith("modr-")


class OnceFailing(RuleEngine):
    def __init__(self):
        super().__init__(rule)
        self.failures = 1

    def complete(self, queries):
        if "flaky" in queries[0].messages[1]["content"] and self.failures:
            self.failures -= 1
            raise RuntimeError
        return super().complete(queries)


def test_client_tries_again_when_the_engine_failed():
    with serving(make_service(OnceFailing())) as address:
        assert client_of(address).moderations.create(input="flaky").results[0].flagged is False
    with serving(make_service(OnceFailing())) as address, pytest.raises(openai.InternalServerError):
        client_of(address, max_retries=0).moderations.create(input="flaky")


def test_many_clients_at_a_time_get_what_one_gets():
    def named(text):
        return say("unsafe", None, "name " + text.split("<user>")[-1][:3].strip("<"))

    async def ask(address, n_clients):
        gate = asyncio.Semaphore(n_clients)
        async with client_of(address, openai.AsyncOpenAI) as client:

            async def one(i):
                async with gate:
                    return (await client.moderations.create(input=f"{i:03}")).results[0].proguard["category"]

            return await asyncio.gather(*(one(i) for i in range(64)))

    with serving(make_service(RuleEngine(named))) as address:
        for n_clients in (1, 8, 32):
            assert asyncio.run(ask(address, n_clients)) == [f"name {i:03}" for i in range(64)]


def test_tiny_base_behind_the_server_says_what_it_says_in_process(tmp_path):
    shutil.copytree(ROOT / "data" / "tiny_base", tmp_path, dirs_exist_ok=True)
    seal_guard(tmp_path, make_guard_card(), ROOT / "data" / "taxonomy.yaml")
    guard = Guard.load(tmp_path)
    texts = [row.sample.request for row in draw_rows(60, split="test")[0] if row.sample.modality == "text"]
    expected = [(outcome.flagged, outcome.category) for outcome in guard.moderate([{"request": t} for t in texts])]
    with serving(Service(lambda: guard)) as address:
        results = client_of(address).moderations.create(input=texts).results
    assert [(result.flagged, result.proguard["category"]) for result in results] == expected
