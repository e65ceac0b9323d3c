"""Negotiations as rollouts for TRL's `GRPOTrainer`: many at once, each over a socket of its own.

A rollout is the exact tokens that were read and drawn, never text that was tokenised again. All rows take turns together:
each reads what is new to it into its key-value cache and draws its message; then the messages go to Souk at the same time.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any, Callable, Literal, Optional, Sequence

import torch
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase
from websockets.exceptions import InvalidStatus, WebSocketException

from . import Message, Observation, Result, Role, SoukEnv, SoukError, Syntax

__all__ = ["ChatTokens", "Rollout", "Rollouts", "Scenario", "play", "rollout_func", "souk_reward"]


@dataclass(frozen=True)
class Scenario:
    """What the rollouts of a group share. The seed draws the product, where none is named, and the opponent's moves."""

    seed: int
    role: Role = "buyer"
    opponent: Optional[str] = None
    persona: Optional[str] = None
    product: Optional[str] = None
    split: Optional[Literal["train", "test"]] = "train"
    rounds: Optional[int] = None

    def prompt(self) -> str:
        """The scenario as a row's `prompt` in the trainer's data set. The real prompt comes from Souk."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def of(prompt: str) -> Scenario:
        return Scenario(**json.loads(prompt))


@dataclass
class Rollout:
    """One side's whole conversation as the model read and wrote it."""

    scenario: Scenario
    ids: list[int] = field(default_factory=list)
    # As long as `ids`: whether the model drew the token.
    own: list[bool] = field(default_factory=list)
    # Of own tokens, in their order: natural log-probability and entropy, at the temperature that they were drawn at.
    logp: list[float] = field(default_factory=list)
    entropy: list[float] = field(default_factory=list)
    messages: int = 0
    # A message met the limit of tokens; that is a format error.
    truncated: bool = False
    # As Souk stores it; none where the machinery failed, or the episode is not scored.
    reward: Optional[float] = None
    # The table at its end, or as it was seen last.
    seen: Optional[Observation] = None
    # Why it is not learnt from.
    failure: Optional[str] = None

    def read(self, ids: Sequence[int]) -> None:
        self.ids.extend(ids)
        self.own.extend([False] * len(ids))

    def wrote(self, token: int, logp: float, entropy: float) -> None:
        self.ids.append(token)
        self.own.append(True)
        self.logp.append(logp)
        self.entropy.append(entropy)

    def prompt_length(self) -> int:
        """Tokens before the first that was drawn."""
        return self.own.index(True) if True in self.own else len(self.ids)


class ChatTokens:
    """A tokenizer's chat template, piece by piece.

    Texts are tokenised apart from the template, and special tokens within them are ordinary text: what the other side says
    cannot end a message.
    """

    # Stands for texts while the template is rendered.
    MARK = "\ue000{}\ue001"

    def __init__(self, tokenizer: PreTrainedTokenizerBase, ends: Sequence[int] = (), **template: Any) -> None:
        """`ends` are further tokens that end a message; `template` is handed to the chat template."""
        self._tokenizer: Any = tokenizer
        self._template = template
        self.ends = {*ends, *([tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else [])}

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """A chat up to the point where the next own text begins."""
        return self._pieces(self._rendered(messages), messages)

    def continued(self, messages: Sequence[Message]) -> list[int]:
        """What stands between an own message, with the token that ended it, and the beginning of the next."""
        own: list[Message] = [{"role": "user", "content": ""}, {"role": "assistant", "content": ""}]
        text = self._rendered([*own, *messages]).split(self.MARK.format(1), 1)[1]
        shifted: list[Message] = [*own, *messages]
        for end in self.ends:
            text = text.removeprefix(self._tokenizer.decode([end]))
        return self._pieces(text, shifted)

    def text(self, ids: Sequence[int]) -> str:
        """The text of a message that was drawn."""
        within = [token for token in ids if token not in self.ends]
        return str(self._tokenizer.decode(within, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _rendered(self, messages: Sequence[Message]) -> str:
        marked = [{"role": said["role"], "content": self.MARK.format(n)} for n, said in enumerate(messages)]
        return str(
            self._tokenizer.apply_chat_template(marked, tokenize=False, add_generation_prompt=True, **self._template)
        )

    def _pieces(self, text: str, messages: Sequence[Message]) -> list[int]:
        ids: list[int] = []
        for n, said in enumerate(messages):
            before, mark, after = text.partition(self.MARK.format(n))
            if mark:
                ids += self._ids(before, False) + self._ids(said["content"], True)
                text = after
        return ids + self._ids(text, False)

    def _ids(self, text: str, plain: bool) -> list[int]:
        if not text:
            return []
        ids = self._tokenizer(text, add_special_tokens=False, split_special_tokens=plain)["input_ids"]
        return [int(token) for token in ids]


class _Rows:
    """Rows of a key-value cache that read together. What a row does not read is masked."""

    def __init__(self, model: PreTrainedModel, count: int, pad: int) -> None:
        self._model: Any = model
        self._pad = pad
        self._cache: Any = DynamicCache(config=model.config)
        self._mask = torch.zeros(count, 0, dtype=torch.long, device=model.device)
        self._lengths = torch.zeros(count, dtype=torch.long, device=model.device)

    def read(self, chunks: Sequence[Sequence[int]]) -> torch.Tensor:
        """The logits behind each row's chunk; of no meaning where it is empty."""
        width = max(map(len, chunks))
        device = self._mask.device
        ids = torch.tensor([[self._pad] * (width - len(chunk)) + list(chunk) for chunk in chunks], device=device)
        counts = torch.tensor([len(chunk) for chunk in chunks], device=device)
        real = (torch.arange(width, device=device) >= (width - counts).unsqueeze(1)).long()
        self._mask = torch.cat([self._mask, real], dim=1)
        positions = (self._lengths.unsqueeze(1) + real.cumsum(1) - 1).clamp(min=0)
        self._lengths = self._lengths + counts
        out = self._model(
            input_ids=ids, attention_mask=self._mask, position_ids=positions, past_key_values=self._cache,
            use_cache=True, logits_to_keep=1,
        )
        logits: torch.Tensor = out.logits[:, -1].float()
        return logits

    def keep(self, rows: Sequence[int]) -> None:
        at = torch.tensor(rows, dtype=torch.long, device=self._mask.device)
        self._cache.batch_select_indices(at)
        self._mask, self._lengths = self._mask[at], self._lengths[at]


@dataclass(frozen=True)
class Rollouts:
    """How rollouts are played."""

    base_url: str
    api_key: Optional[str] = None
    # `compact` for Souk's demo model and what was trained from it.
    style: Literal["standard", "compact"] = "compact"
    syntax: Syntax = "lines"
    # Of a message, at most; one that is longer is a format error.
    most_tokens: int = 120
    # Negotiations that are open at once; Souk has room for 512.
    at_once: int = 64
    temperature: float = 1.0
    # Seconds for which an unreachable Souk is asked again.
    patience: float = 180.0


class _Table:
    """One socket to Souk, opened again where it was closed."""

    def __init__(self, how: Rollouts) -> None:
        self._how = how
        self._env: Optional[SoukEnv] = None

    def reset(self, scenario: Scenario) -> Result:
        """Begins an episode. Waits for a Souk that is away or full; what it refuses is raised."""
        until = time.monotonic() + self._how.patience
        pause = 0.5
        while True:
            try:
                if self._env is None:
                    self._env = SoukEnv(self._how.base_url, self._how.api_key)
                return self._env.reset(style=self._how.style, syntax=self._how.syntax, **asdict(scenario))
            except (OSError, WebSocketException, SoukError) as error:
                self.close()
                if _is_final(error) or time.monotonic() > until:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, 10.0)

    def step(self, text: str) -> Result:
        assert self._env is not None, "a step follows a reset"
        return self._env.step(text)

    def close(self) -> None:
        if self._env is not None:
            self._env.close()
        self._env = None


def _is_final(error: Exception) -> bool:
    """Whether asking again cannot help."""
    if isinstance(error, SoukError):
        return error.code != "CAPACITY_REACHED"
    return isinstance(error, InvalidStatus) and error.response.status_code in (401, 403, 410)


def play(
    model: PreTrainedModel,
    tokens: ChatTokens,
    scenarios: Sequence[Scenario],
    how: Rollouts,
    generator: Optional[torch.Generator] = None,
    tables: Optional[list[_Table]] = None,
    told: Optional[Callable[[int], None]] = None,
) -> list[Rollout]:
    """Plays each scenario once, in their order. `told` hears how many are over."""
    tables = [] if tables is None else tables
    while len(tables) < min(how.at_once, len(scenarios)):
        tables.append(_Table(how))
    rollouts: list[Rollout] = []
    with ThreadPoolExecutor(max(1, len(tables))) as threads, torch.no_grad():
        for start in range(0, len(scenarios), how.at_once):
            some = [Rollout(scenario) for scenario in scenarios[start : start + how.at_once]]
            _play(model, tokens, some, how, generator, tables, threads)
            rollouts += some
            if told:
                told(len(rollouts))
    return rollouts


def _play(
    model: PreTrainedModel,
    tokens: ChatTokens,
    rollouts: list[Rollout],
    how: Rollouts,
    generator: Optional[torch.Generator],
    tables: list[_Table],
    threads: ThreadPoolExecutor,
) -> None:
    config: Any = model.config
    room = int(config.max_position_embeddings)
    games = list(zip(rollouts, tables))
    list(threads.map(lambda game: _begin(*game), games))
    open_games = [game for game in games if game[0].failure is None]
    unread = [tokens.prompt(game[0].seen.messages) for game in open_games if game[0].seen]
    rows: Optional[_Rows] = None
    while open_games:
        fits = [n for n, ids in enumerate(unread) if len(open_games[n][0].ids) + len(ids) < room]
        for n in set(range(len(open_games))) - set(fits):
            open_games[n][0].failure = "the conversation is longer than the model's positions"
        open_games, unread = [open_games[n] for n in fits], [unread[n] for n in fits]
        if not open_games:
            return
        if rows is None:
            rows = _Rows(model, len(open_games), next(iter(tokens.ends)))
        else:
            rows.keep(fits)
        playing = [rollout for rollout, _ in open_games]
        drawn = _draw(rows, tokens, playing, unread, how, generator, room)
        list(threads.map(_step, playing, [table for _, table in open_games], drawn))
        on = [n for n, (rollout, _) in enumerate(open_games) if rollout.failure is None and not _is_over(rollout)]
        open_games = [open_games[n] for n in on]
        unread = [tokens.continued(_news(rollout)) for rollout, _ in open_games]
        rows.keep(on)


def _draw(
    rows: _Rows,
    tokens: ChatTokens,
    rollouts: list[Rollout],
    unread: list[list[int]],
    how: Rollouts,
    generator: Optional[torch.Generator],
    room: int,
) -> list[str]:
    """Has each row read what is new to it and write a message."""
    for rollout, ids in zip(rollouts, unread):
        rollout.read(ids)
        rollout.messages += 1
    written: list[list[int]] = [[] for _ in rollouts]
    writing = [True] * len(rollouts)
    chunks = unread
    while True:
        scaled = torch.log_softmax(rows.read(chunks) / how.temperature, dim=-1)
        odds = scaled.exp()
        choice = torch.multinomial(odds, 1, generator=generator)
        logp = scaled.gather(1, choice).squeeze(1).tolist()
        entropy = torch.special.entr(odds).sum(-1).tolist()
        chunks = [[] for _ in rollouts]
        for n, token in enumerate(choice.squeeze(1).tolist()):
            if not writing[n]:
                continue
            rollouts[n].wrote(token, logp[n], entropy[n])
            written[n].append(token)
            ended = token in tokens.ends
            full = len(written[n]) >= how.most_tokens or len(rollouts[n].ids) >= room
            rollouts[n].truncated |= full and not ended
            writing[n] = not ended and not full
            # The token that ends a message is read too: what comes next stands behind it.
            chunks[n] = [token]
        if not any(writing):
            break
    rows.read(chunks)
    return [tokens.text(ids) if ids[-1] in tokens.ends else "" for ids in written]


def _begin(rollout: Rollout, table: _Table) -> None:
    rollout.seen = table.reset(rollout.scenario).observation


def _step(rollout: Rollout, table: _Table, text: str) -> None:
    """One message to Souk. A negotiation whose machinery fails fails alone."""
    try:
        result = table.step(text)
        rollout.seen, rollout.reward = result.observation, result.reward
        if result.done and result.reward is None:
            rollout.failure = "the episode is not scored"
    except (OSError, WebSocketException, SoukError) as error:
        rollout.failure = str(error) or type(error).__name__
        table.close()


def _is_over(rollout: Rollout) -> bool:
    return rollout.seen is None or rollout.seen.outcome is not None


def _news(rollout: Rollout) -> list[Message]:
    """The messages behind the last own one."""
    assert rollout.seen is not None
    messages = rollout.seen.messages
    own = max((n for n, said in enumerate(messages) if said["role"] == "assistant"), default=-1)
    return messages[own + 1 :]


def rollout_func(
    how: Rollouts,
    tokens: Optional[ChatTokens] = None,
    seed: int = 0,
    on_rollouts: Optional[Callable[[list[Rollout]], None]] = None,
    told: Optional[Callable[[int], None]] = None,
) -> Callable[[list[str], Any], dict[str, list[Any]]]:
    """For `GRPOTrainer(rollout_func=...)`, whose data set's prompts are those of scenarios ([`Scenario.prompt`]).

    Draws follow from `seed`, the trainer's step and its process. `on_rollouts` sees what was played, in the prompts' order;
    `told` hears how many are over. The reward function that goes with it is [`souk_reward`].
    """
    tables: list[_Table] = []

    def roll(prompts: list[str], trainer: Any) -> dict[str, list[Any]]:
        model = trainer.accelerator.unwrap_model(trainer.model)
        chat = tokens or ChatTokens(trainer.processing_class, _ends(model))
        generator = torch.Generator(model.device)
        at = (seed * 1_000_003 + trainer.state.global_step) * 1_009 + trainer.accelerator.process_index
        generator.manual_seed(at % 2**63)
        learns = model.training
        model.eval()
        try:
            scenarios = [Scenario.of(prompt) for prompt in prompts]
            # In the precision that the trainer scores them with.
            with trainer.accelerator.autocast():
                rollouts = play(model, chat, scenarios, how, generator, tables, told)
        finally:
            model.train(learns)
        if on_rollouts:
            on_rollouts(rollouts)
        return _columns(rollouts, next(iter(chat.ends)))

    return roll


def _ends(model: PreTrainedModel) -> list[int]:
    settings: Any = model.generation_config
    ends = settings.eos_token_id if settings is not None else None
    return ends if isinstance(ends, list) else [ends] if ends is not None else []


def _columns(rollouts: list[Rollout], pad: int) -> dict[str, list[Any]]:
    """Rollouts as TRL takes them; one that failed is a token that nobody learns from."""
    columns: dict[str, list[Any]] = {
        name: [] for name in ("prompt_ids", "completion_ids", "env_mask", "logprobs", "souk_reward")
    }
    for rollout in rollouts:
        taught = rollout.failure is None and True in rollout.own
        split = rollout.prompt_length()
        logps = iter(rollout.logp)
        columns["prompt_ids"].append(rollout.ids[:split] if taught else [pad])
        columns["completion_ids"].append(rollout.ids[split:] if taught else [pad])
        columns["env_mask"].append([int(own) for own in rollout.own[split:]] if taught else [0])
        drawn = [next(logps) if own else 0.0 for own in rollout.own[split:]] if taught else [0.0]
        columns["logprobs"].append(drawn)
        columns["souk_reward"].append(rollout.reward if taught else None)
    return columns


def souk_reward(completions: list[Any], souk_reward: list[Optional[float]], **_: Any) -> list[Optional[float]]:
    """Souk's own reward. What was not scored has none, and teaches nothing."""
    return souk_reward
