"""Souk for the package `verifiers`: a task is a seat at a table, and the environment plays the other side.

`load_environment(base_url)` gives the environment; from the command line its name is `souk-verifiers`:

    vf-eval souk-verifiers --env.taskset.base-url http://127.0.0.1:3030 -m MODEL -n 20
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal, Optional

import httpx
import verifiers.v1 as vf
from verifiers.v1.dialects.chat import message_to_wire

from . import Message, Result, Role, SoukEnv, Syntax

__all__ = ["SoukHarness", "SoukTable", "SoukTaskset", "load_environment"]

PLUGIN = "souk-verifiers"


class SoukData(vf.TaskData):
    """A seat: the seed draws the product and the opponent's moves."""

    base_url: str
    api_key_var: str
    seed: int
    role: Role
    opponent: Optional[str]
    persona: Optional[str]
    split: Optional[Literal["train", "test"]]
    rounds: Optional[int]
    style: Literal["standard", "compact"]
    syntax: Syntax


class SoukTask(vf.Task[SoukData]):
    """Scored by Souk: see [`SoukTable`]."""


class SoukConfig(vf.TasksetConfig):
    base_url: str = "http://127.0.0.1:3030"
    # The variable that holds an API key; where it is not set each episode is a visitor's.
    api_key_var: str = "SOUK_API_KEY"
    split: Optional[Literal["train", "test"]] = "train"
    roles: list[Role] = ["buyer"]
    # None of them: Souk's usual one.
    opponents: list[str] = []
    # Of the seller across. None of them: as the product has it.
    personas: list[str] = []
    first_seed: int = 0
    # Seeds; each is played once in every role, against every opponent and persona.
    seeds: int = 100
    rounds: Optional[int] = None
    style: Literal["standard", "compact"] = "standard"
    syntax: Syntax = "lines"


class SoukTaskset(vf.Taskset[SoukTask, SoukConfig]):
    def load(self) -> Iterator[SoukTask]:
        config = self.config
        for seed in range(config.first_seed, config.first_seed + config.seeds):
            for role in config.roles:
                for opponent in config.opponents or [None]:
                    for persona in config.personas if role == "buyer" and config.personas else [None]:
                        yield SoukTask(self._data(seed, role, opponent, persona), config.task)

    def _data(self, seed: int, role: Role, opponent: Optional[str], persona: Optional[str]) -> SoukData:
        config = self.config
        names = [str(seed), role, opponent or "usual", *([persona] if persona else [])]
        return SoukData(
            name="/".join(names), prompt=None, base_url=config.base_url, api_key_var=config.api_key_var, seed=seed,
            role=role, opponent=opponent, persona=persona, split=config.split, rounds=config.rounds, style=config.style,
            syntax=config.syntax,
        )


class SoukHarness(vf.Harness[vf.HarnessConfig]):
    """One message of a chat for each turn, in this process: nothing is installed or run to ask a model."""

    APPENDS_SYSTEM_PROMPT: ClassVar[bool] = True
    SUPPORTS_RESUME: ClassVar[bool] = True
    EXECUTES_CODE: ClassVar[bool] = False
    NEEDS_CONTAINER: ClassVar[bool] = False

    async def launch(
        self,
        ctx: vf.ModelContext,
        trace: vf.Trace,
        runtime: vf.Runtime,
        endpoint: str,
        secret: str,
        mcp_urls: dict[str, str],
        data: vf.TaskData,
    ) -> vf.ProgramResult:
        system, prompt = self.resolve_prompt(data)
        messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
        if isinstance(prompt, str):
            messages.append({"role": "user", "content": prompt})
        elif prompt:
            messages += [message_to_wire(message) for message in prompt]
        async with httpx.AsyncClient(timeout=None, trust_env=False) as http:
            reply = await http.post(
                f"{endpoint.rstrip('/')}/chat/completions",
                headers={"Authorization": f"Bearer {secret}"},
                json={"model": ctx.model, "messages": messages},
            )
        is_good = reply.status_code < 400
        return vf.ProgramResult(exit_code=0 if is_good else 1, stdout="", stderr="" if is_good else reply.text)


class SoukTableConfig(vf.EnvConfig):
    player: vf.AgentConfig = vf.AgentConfig(runtime=vf.SubprocessConfig())


class SoukTable(vf.Env[SoukTableConfig]):
    """Souk plays the user: each of the model's messages is a step, and the other side's answer the next turn.

    The reward is the one that Souk stores. Metrics: `deal`, `ratio` (the reward of a deal: the own share of what there was
    to share), `rounds` (to a deal), `format_error`.
    """

    async def run(self, task: vf.Task[Any, Any, Any], agents: vf.Agents) -> None:
        data = task.data
        env = await asyncio.to_thread(SoukEnv, data.base_url, os.environ.get(data.api_key_var) or None)
        try:
            result = await asyncio.to_thread(
                env.reset, data.seed, role=data.role, opponent=data.opponent, persona=data.persona, split=data.split,
                rounds=data.rounds, style=data.style, syntax=data.syntax,
            )
            system, *said = result.observation.messages
            async with agents.player.interaction(task.with_system_prompt(system["content"])) as interaction:
                segment = await interaction.turn(_text(said))
                while not segment.terminated:
                    result = await asyncio.to_thread(env.step, segment.last_reply)
                    if result.done:
                        break
                    segment = await interaction.turn(_text(_news(result.observation.messages)))
            record(interaction.trace, result)
        finally:
            await asyncio.to_thread(env.close)


def record(trace: vf.Trace, result: Result) -> None:
    """Reward and metrics of an episode that is over; one that was cut off has none."""
    outcome = result.observation.outcome
    if outcome is None or result.reward is None:
        return
    trace.record_reward("souk", result.reward)
    is_deal = outcome["type"] == "deal"
    trace.record_metric("deal", float(is_deal))
    trace.record_metric("format_error", float(outcome == {"type": "format_error", "by": result.observation.role}))
    if is_deal:
        trace.record_metric("ratio", result.reward)
        trace.record_metric("rounds", float(outcome["round"]))
    trace.info["souk"] = {"episode": result.observation.episode, "outcome": outcome}


def _news(messages: Sequence[Message]) -> list[Message]:
    """What was said behind the last own message."""
    own = max((n for n, said in enumerate(messages) if said["role"] == "assistant"), default=-1)
    return list(messages[own + 1 :])


def _text(messages: Sequence[Message]) -> str:
    return "\n".join(said["content"] for said in messages)


def load_environment(
    base_url: str = "http://127.0.0.1:3030",
    *,
    max_turns: Optional[int] = None,
    **taskset: Any,
) -> SoukTable:
    """The environment of a Souk. `taskset` are the settings of [`SoukConfig`]: seeds, roles, opponents, and so on."""
    player = vf.AgentConfig(runtime=vf.SubprocessConfig(), max_turns=max_turns)
    return SoukTable(SoukTableConfig(taskset=SoukConfig(id=PLUGIN, base_url=base_url, **taskset), player=player))
