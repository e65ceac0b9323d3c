"""One seat of a Souk negotiation as an environment for trainers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Optional, TypedDict

from websockets.sync.client import ClientConnection, connect

__all__ = ["Legal", "Message", "Observation", "Result", "Rewards", "SoukEnv", "SoukError", "State", "Turn"]

Role = Literal["buyer", "seller"]
Syntax = Literal["lines", "tags", "json"]


class Message(TypedDict):
    """One message of a chat, as chat templates take it."""

    role: Literal["system", "user", "assistant"]
    content: str


class Turn(TypedDict):
    by: Role
    talk: str
    act: dict[str, Any]


class Legal(TypedDict):
    """What may be done next; `accept` is the price that an acceptance binds to, in mills."""

    offer: bool
    reject: bool
    accept: Optional[int]
    quit: bool


class Rewards(TypedDict):
    buyer: Optional[float]
    seller: Optional[float]


class SoukError(Exception):
    """What was refused, and did not happen. `code` is OpenEnv's."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code


@dataclass(frozen=True)
class Observation:
    """The table as the own side sees it. Amounts are whole mills (1/1000 dollar)."""

    episode: str
    role: Role
    messages: list[Message]
    limit: int
    product: str
    list_price: int
    turns: list[Turn]
    standing: dict[Role, Optional[int]]
    round: int
    rounds: int
    legal: Legal
    outcome: Optional[dict[str, Any]]
    rewards: Optional[Rewards]
    reward_name: Optional[str]
    format_error: Optional[str]


@dataclass(frozen=True)
class Result:
    observation: Observation
    reward: Optional[float]
    done: bool


@dataclass(frozen=True)
class State:
    episode_id: Optional[str]
    step_count: int


class SoukEnv:
    """A connection to one environment. Not for several threads at once: open one for each."""

    def __init__(self, base_url: str, api_key: Optional[str] = None, timeout: float = 150.0) -> None:
        """`base_url` is the server's address, such as `http://127.0.0.1:3030`; `timeout` is of an answer, in seconds."""
        address = base_url.rstrip("/").removesuffix("/env")
        scheme, _, rest = address.partition("://")
        secure = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
        if scheme not in secure:
            raise ValueError(f"{base_url!r} is no address of a server: take http://HOST:PORT")
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else None
        self._timeout = timeout
        self._last: Optional[Result] = None
        opened = connect(f"{secure[scheme]}://{rest}/env/ws", additional_headers=headers, max_size=None, proxy=None)
        # Later versions of websockets give the connection to who enters alone.
        self._socket: ClientConnection = opened.__enter__()

    def reset(
        self,
        seed: Optional[int] = None,
        *,
        role: Role = "buyer",
        opponent: Optional[str] = None,
        persona: Optional[str] = None,
        product: Optional[str] = None,
        split: Optional[Literal["train", "test"]] = None,
        rounds: Optional[int] = None,
        style: Literal["standard", "compact"] = "standard",
        syntax: Syntax = "lines",
    ) -> Result:
        """Begins another episode."""
        asked = dict(
            seed=seed, role=role, opponent=opponent, persona=persona, product=product, split=split,
            rounds=rounds, style=style, syntax=syntax,
        )
        given = {key: value for key, value in asked.items() if value is not None}
        return self._result(self._ask("reset", given))

    def step(self, text: str) -> Result:
        """One message, as a model wrote it, and the other side's answer."""
        return self._result(self._ask("step", {"text": text}))

    def offer(self, price: int, talk: str = "") -> Result:
        return self._act({"type": "offer", "price": price}, talk)

    def accept(self, talk: str = "") -> Result:
        """Accepts what the other side offered last."""
        standing = self._last.observation.legal["accept"] if self._last else None
        if standing is None:
            raise SoukError("there is nothing to accept", "VALIDATION_ERROR")
        return self._act({"type": "accept", "price": standing}, talk)

    def reject(self, talk: str = "") -> Result:
        return self._act({"type": "reject"}, talk)

    def quit(self, talk: str = "") -> Result:
        return self._act({"type": "quit"}, talk)

    def state(self) -> State:
        return State(**self._ask("state", {}))

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> SoukEnv:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def _act(self, act: dict[str, Any], talk: str) -> Result:
        return self._result(self._ask("step", {"act": act, "talk": talk}))

    def _ask(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        self._socket.send(json.dumps({"type": kind, "data": data}))
        reply = json.loads(self._socket.recv(timeout=self._timeout))
        if reply["type"] == "error":
            raise SoukError(reply["data"]["message"], reply["data"]["code"])
        told: dict[str, Any] = reply["data"]
        return told

    def _result(self, data: dict[str, Any]) -> Result:
        observation = Observation(**data["observation"])
        self._last = Result(observation, data["reward"], data["done"])
        return self._last
