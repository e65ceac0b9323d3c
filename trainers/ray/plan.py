"""What of a plan (crates/rl/src/plan.rs) is followed here, and what it comes to: groups, rates, sizes."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any, Optional, Sequence

from souk_env.trl import Scenario

# Tokens of a prompt and of an answer, about; how many rollouts are on the way back at once follows from it.
PROMPT_TOKENS, ANSWER_TOKENS = 200, 50


class Refused(Exception):
    """Settings that this program cannot follow."""


def check(plan: dict[str, Any], knows_products: bool) -> list[str]:
    """Refuses what would train something else than was asked for; says what is only left out."""
    if plan["rollout"].get("role") is None:
        raise Refused("`rollout.role` is not set: TRL trains one side; set it, or use Souk's own trainer")
    if any(opponent["name"] == "earlier" for opponent in plan["opponents"]):
        raise Refused("`earlier` checkpoints are opponents of Souk's own trainer alone: name others")
    reward = {key: value for key, value in plan["reward"].items() if value not in (False, "violation")}
    if reward != {"name": "paper"}:
        raise Refused("`reward` is not the one that Souk's environment stores: take `paper` with its standard settings")
    curriculum = plan.get("curriculum", {})
    if curriculum.get("market"):
        raise Refused("`curriculum.market` is of Souk's own trainer alone: leave it out")
    left_out = []
    if not knows_products and (curriculum.get("stages") or curriculum.get("conflicting") is not None):
        left_out.append("`curriculum`: products come as Souk draws them among the training products")
    if plan["objective"]["most_fills"] > 1:
        left_out.append("`objective.most_fills`: flat groups are not replaced")
    return left_out


def rate(plan: dict[str, Any], iteration: int) -> float:
    """The rate of an iteration, from 0, over the highest: rises, then falls evenly to the floor."""
    learning = plan["learning"]
    warmup, floor = learning["warmup"], learning["floor"]
    if iteration < warmup:
        return float((iteration + 1) / warmup)
    rest = max(plan["iterations"] - warmup - 1, 1)
    return float(1 - (1 - floor) * min((iteration - warmup) / rest, 1))


def scenarios(plan: dict[str, Any], iteration: int, products: Sequence[dict[str, Any]] = ()) -> list[Scenario]:
    """The groups of an iteration (from 0); a function of plan, products and iteration alone."""
    draw = random.Random(f"{plan['seed']}/{iteration}")
    shares = [opponent.get("share", 1) for opponent in plan["opponents"]]
    groups = []
    for product in curriculum(plan, iteration, products, draw):
        (opponent,) = draw.choices(plan["opponents"], shares)
        name = plan["base"] if opponent["name"] == "base" else opponent["name"]
        persona = draw.choice(opponent.get("personas") or ["neutral"])
        role = plan["rollout"]["role"]
        groups.append(
            Scenario(
                # Only sellers have a manner at Souk.
                seed=draw.randrange(2**53), role=role, opponent=name, persona=persona if role == "buyer" else None,
                product=product, split=None if product else "train", rounds=plan["rollout"]["rounds"],
            )
        )
    return groups


def curriculum(
    plan: dict[str, Any], iteration: int, products: Sequence[dict[str, Any]], draw: random.Random
) -> list[Optional[str]]:
    """Which products come: of the stage's prices, so many of them conflicting. None: Souk draws."""
    count, asked = plan["rollout"]["products"], plan.get("curriculum", {})
    if not products:
        return [None] * count
    stage = next((stage for stage in asked.get("stages", []) if iteration < stage["until"]), None)
    least, most = (stage["least"] * 1000, stage["most"] * 1000) if stage else (0, math.inf)
    pool = [one for one in products if least <= one["product"]["list_price"] <= most] or list(products)
    conflicting = [one for one in pool if one["budget"] < one["cost"]]
    others = [one for one in pool if one["budget"] >= one["cost"]]
    share = asked.get("conflicting")
    if share is None or not conflicting or not others:
        chosen = several(pool, count, draw)
    else:
        wanted = min(int(share * count + draw.random()), count)
        chosen = several(conflicting, wanted, draw) + several(others, count - wanted, draw)
    draw.shuffle(chosen)
    return [one["id"] for one in chosen]


def several(pool: Sequence[dict[str, Any]], count: int, draw: random.Random) -> list[dict[str, Any]]:
    """`count` of them, none twice before all were taken."""
    taken: list[dict[str, Any]] = []
    while len(taken) < count:
        taken += draw.sample(pool, min(len(pool), count - len(taken)))
    return taken


@dataclass(frozen=True)
class Sizes:
    """How an iteration's rollouts are divided."""

    # Rollouts of a process that are on the way back at once, and how often until the optimiser's step.
    rows: int
    accumulate: int
    minibatches: int

    @staticmethod
    def of(plan: dict[str, Any], processes: int) -> Sizes:
        rollout, rollouts = plan["rollout"], plan["rollout"]["products"] * plan["rollout"]["group"]
        if rollouts % processes:
            raise Refused(f"{rollouts} rollouts cannot be shared by {processes} processes: change `rollout.products`")
        own = rollouts // processes
        minibatches = next(n for n in range(min(plan["objective"]["minibatches"], own), 0, -1) if own % n == 0)
        longest = PROMPT_TOKENS + rollout["rounds"] * (rollout["most_tokens"] + ANSWER_TOKENS)
        most = max(1, plan["learning"]["micro_tokens"] // longest)
        part = own // minibatches
        rows = next(n for n in range(min(most, part), 0, -1) if part % n == 0)
        return Sizes(rows, part // rows, minibatches)

    def steps(self, plan: dict[str, Any]) -> int:
        """Optimiser steps of an iteration."""
        return int(self.minibatches * plan["objective"]["epochs"])
