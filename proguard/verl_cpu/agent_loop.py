"""A rollout that tells the server which one it is; what the name is good for is said in `order`."""

import asyncio
from typing import Any, ClassVar

from verl.experimental.agent_loop.agent_loop import AgentLoopOutput
from verl.experimental.agent_loop.single_turn_agent_loop import SingleTurnAgentLoop


class NamedAgentLoop(SingleTurnAgentLoop):
    """A single turn whose request carries its name. Key: rollout.agent.default_agent_loop=named_agent."""

    step: ClassVar[int | None] = None
    prompts: ClassVar[dict[str, asyncio.Future[list[int]]]] = {}
    """Token ids of the rows of this step, as a row's rollouts need them once."""

    async def run(self, sampling_params: dict[str, Any], **row: Any) -> AgentLoopOutput:
        """Return the completion of one rollout of ``row``."""
        self.uid, step = row["uid"], int(row["global_steps"])
        if NamedAgentLoop.step != step:
            NamedAgentLoop.step = step
            self.prompts.clear()
        name = {"step": step, "session": row["session_id"], "rollouts": row["rollouts"]}
        return await super().run(sampling_params | name, **row)

    async def ct_build_initial_tokens(self, *args: Any, **kwargs: Any) -> list[int]:
        """Return the row's token ids."""
        if self.uid not in self.prompts:
            task = super().ct_build_initial_tokens(*args, **kwargs)
            self.prompts[self.uid] = asyncio.ensure_future(task)
        return list(await self.prompts[self.uid])
