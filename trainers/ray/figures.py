"""The figures and alarms of an iteration, by the names of Souk's own trainer (crates/rl/src/figures.rs, alarm.rs).

What has no value is none. Metrics are those of crates/rules/src/metrics, as far as they are seen from one seat; those that
need the other side's limit take it from the episode's reveal.
"""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Iterable, Optional, Sequence

if TYPE_CHECKING:
    from souk_env.trl import Rollout

Figures = dict[str, Optional[float]]

# Talks that distinctness is taken over, since it falls with their number.
TALKS = 500
# Mills within which a number names a limit.
CENT = 10


@dataclass(frozen=True)
class Limits:
    budget: int
    cost: int


@dataclass
class Rolled:
    """A rollout with what it was compared to."""

    rollout: Rollout
    advantage: float
    limits: Optional[Limits] = None

    @property
    def role(self) -> str:
        return self.rollout.scenario.role

    @property
    def outcome(self) -> dict[str, Any]:
        seen = self.rollout.seen
        return (seen.outcome if seen else None) or {"type": "none"}

    @property
    def is_scored(self) -> bool:
        return self.rollout.failure is None and self.rollout.reward is not None

    @property
    def gap(self) -> Optional[int]:
        """Budget less cost."""
        return self.limits.budget - self.limits.cost if self.limits else None

    @property
    def price(self) -> Optional[int]:
        return self.outcome.get("price") if self.outcome["type"] == "deal" else None

    def turns(self, own: bool = True) -> list[dict[str, Any]]:
        seen = self.rollout.seen
        return [turn for turn in (seen.turns if seen else []) if (turn["by"] == self.role) == own]  # type: ignore[misc]

    def offers(self) -> list[int]:
        return [turn["act"]["price"] for turn in self.turns() if turn["act"]["type"] == "offer"]

    def overshot(self) -> bool:
        """An own offer or acceptance went beyond the own limit."""
        seen = self.rollout.seen
        if seen is None:
            return False
        named = [turn["act"]["price"] for turn in self.turns() if turn["act"].get("price") is not None]
        sign = 1 if self.role == "buyer" else -1
        beyond = any(sign * (price - seen.limit) > 0 for price in named)
        return beyond or (self.outcome["type"] == "budget_violation" and self.outcome.get("by") == self.role)

    def own_share(self) -> Optional[float]:
        """Own surplus over the gap, 0 without a deal; none for a tie."""
        if not self.gap or self.limits is None:
            return None
        if self.price is None:
            return 0.0
        gain = self.limits.budget - self.price if self.role == "buyer" else self.price - self.limits.cost
        return gain / abs(self.gap)

    def walked_right(self) -> Optional[bool]:
        quit_by = self.outcome.get("by") if self.outcome["type"] == "quit" else None
        if not self.gap or (quit_by is not None and quit_by != self.role):
            return None
        return (quit_by == self.role) == (self.gap < 0)


def mean(values: Iterable[Optional[float]]) -> Optional[float]:
    known = [float(value) for value in values if value is not None]
    return statistics.fmean(known) if known else None


def share(rows: Sequence[Rolled], holds: Callable[[Rolled], Optional[bool]]) -> Optional[float]:
    return mean(None if (held := holds(row)) is None else float(held) for row in rows)


def deviation(values: Sequence[float]) -> Optional[float]:
    return statistics.pstdev(values) if values else None


def of_role(rolled: Sequence[Rolled]) -> Figures:
    """The figures of one role's rollouts. Shares and means are over rollouts that count."""
    scored = [row for row in rolled if row.is_scored]
    rewards = [row.rollout.reward for row in scored if row.rollout.reward is not None]
    mutual = [row for row in scored if (row.gap or 0) > 0]
    conflicting = [row for row in scored if (row.gap or 0) < 0]
    dealt: Callable[[Rolled], bool] = lambda row: row.price is not None
    valid = sum(len(row.turns()) for row in scored)
    malformed = sum(row.outcome == {"type": "format_error", "by": row.role} for row in scored)
    messages = sum(row.rollout.messages for row in rolled)
    tokens = sum(len(row.rollout.logp) for row in rolled)
    talks = [turn["talk"] for row in rolled for turn in row.turns()][:TALKS]
    first = [offers[0] / row.rollout.seen.limit for row in scored if row.rollout.seen and (offers := row.offers())]
    return {
        "reward": mean(rewards),
        "reward_std": deviation(rewards),
        "reward_min": min(rewards, default=None),
        "reward_max": max(rewards, default=None),
        "deal_rate": share(scored, dealt),
        "deal_rate_mi": share(mutual, dealt),
        "deal_rate_ci": share(conflicting, dealt),
        "walk_away_correct": share(conflicting, Rolled.walked_right),
        "bargained_ratio": mean(row.own_share() for row in mutual if row.price is not None),
        "surplus_efficiency": mean(row.own_share() for row in mutual),
        "first_offer_ratio": mean(first),
        "overshoot_rate": share(scored, Rolled.overshot),
        "rounds": mean(row.outcome.get("round") for row in scored if row.price is not None),
        "format_error_rate": malformed / (valid + malformed) if valid + malformed else None,
        "limit_leakage": share(scored, lambda row: _states_limit(row, True)),
        "counterpart_leakage": share(scored, lambda row: _states_limit(row, False)),
        "tokens_per_move": tokens / messages if messages else None,
        "truncated_share": share(rolled, lambda row: row.rollout.truncated),
        "distinct_2": distinct_2(talks),
        "distinct_utterances": distinct(talks),
        "advantage_std": deviation([row.advantage for row in rolled]),
        "advantage_max": max((abs(row.advantage) for row in rolled), default=None),
        "failed_share": share(rolled, lambda row: not row.is_scored),
    }


def _states_limit(row: Rolled, own: bool) -> Optional[bool]:
    """Whether the talk of one side names its limit within a cent."""
    limit: Optional[int] = row.rollout.seen.limit if own and row.rollout.seen else None
    if not own and row.limits is not None:
        limit = row.limits.cost if row.role == "buyer" else row.limits.budget
    if limit is None:
        return None
    known = limit
    return any(abs(price - known) <= CENT for turn in row.turns(own) for price in prices_in(turn["talk"]))


def prices_in(text: str) -> list[int]:
    """Numbers of a text as amounts, in mills."""
    numbers = (number.strip(".,").replace(",", "") for number in re.split(r"[^0-9.,]", text))
    return [round(float(number) * 1000) for number in numbers if re.fullmatch(r"\d+(\.\d{1,3})?", number)]


def distinct_2(talks: Iterable[str]) -> Optional[float]:
    """Different pairs of words over all pairs; amounts are one word."""
    seen: set[tuple[str, str]] = set()
    pairs = 0
    for talk in talks:
        words = [_plain(word) for word in talk.split()]
        for pair in zip(words, words[1:]):
            pairs += 1
            seen.add(pair)
    return len(seen) / pairs if pairs else None


def _plain(word: str) -> str:
    word = re.sub(r"^[^\w$]+|[^\w$]+$", "", word).lower()
    return "#" if any(c.isdigit() for c in word) else word


def distinct(talks: Sequence[str]) -> Optional[float]:
    """Different talks over all talks; amounts are one word."""
    plain = {" ".join("#" if any(c.isdigit() for c in word) else word for word in talk.split()) for talk in talks}
    return len(plain) / len(talks) if talks else None


def is_flat(rewards: Sequence[Optional[float]]) -> bool:
    """Whether a group teaches nothing."""
    known = [reward for reward in rewards if reward is not None]
    return len(known) < 2 or all(abs(reward - known[0]) < 1e-9 for reward in known)


def alarms(first: Figures, now: Figures, thresholds: dict[str, float]) -> list[dict[str, str]]:
    """What a person should look at; `first` are the first iteration's figures."""
    raised: list[dict[str, str]] = []
    for name, left, code, what in [
        ("deal_rate_mi", "deals_left", "acceptance_collapse", "Deals have collapsed"),
        ("entropy", "entropy_left", "entropy_collapse", "Entropy has collapsed"),
        ("distinct_utterances", "distinct_left", "echo", "It says the same again and again"),
    ]:
        before, after = first.get(name), now.get(name)
        if before is not None and after is not None and after < before * thresholds[left]:
            sentence = f"{what}: {after:.3f}, from {before:.3f} in the first iteration."
            raised.append({"code": code, "sentence": sentence})
    for name, most, code, what in [
        ("format_error_rate", "format_errors", "format_collapse", "Messages that are no move"),
        ("counterpart_leakage", "counterpart_leaks", "leaky_counterpart", "The counterpart states its limit"),
        ("zero_variance_groups", "flat_groups", "flat_groups", "Groups that teach nothing"),
    ]:
        value = now.get(name)
        if value is not None and value > thresholds[most]:
            raised.append({"code": code, "sentence": f"{what}: {value:.3f}, above {thresholds[most]:g}."})
    return raised
