"""Checks an export by a program that shares nothing with Souk: `check.py EXPORT NOTEBOOK`.

Computes every metric anew from the tables of episodes and moves, by the definitions in words, and compares
with the table of figures; then runs the notebook. Run by server/tests/it/export.rs. Ends with "all is well".
"""

import json
import os
import re
import sys
from collections import defaultdict

import polars as pl

folder, notebook = sys.argv[1:]
episodes = pl.read_parquet(f"{folder}/episodes.parquet").to_dicts()
moves_of = defaultdict(list)
for move in pl.read_parquet(f"{folder}/moves.parquet").sort("episode_id", "message").to_dicts():
    moves_of[move["episode_id"]].append(move)

BUYER, SELLER = "buyer", "seller"
OTHER = {BUYER: SELLER, SELLER: BUYER}
# The markers of personas are Souk's data, and are in no table.
NOT_HERE = {"persona_consistency"}


def amounts(talk):
    """In mills: every number that can be a price."""
    for text in re.split(r"[^0-9.,]", talk):
        text = text.strip(".,")
        if re.fullmatch(r"(\d{1,3}(,\d{3})+|\d+)(\.\d{1,3})?", text):
            whole, _, fraction = text.replace(",", "").partition(".")
            yield int(whole) * 1000 + int(fraction.ljust(3, "0"))


def units(episode, role):
    """What one episode adds to each metric: values, or points of a regression."""
    moves = moves_of[episode["episode_id"]]
    own = [move for move in moves if move["role"] == role]
    budget, cost, list_price = episode["budget_mills"], episode["cost_mills"], episode["list_price_mills"]
    limit = {BUYER: budget, SELLER: cost}
    price, ending, by = episode["price_mills"], episode["ending"], episode["ended_by"]
    deal = ending == "deal"
    gap = abs(budget - cost)
    sign = {BUYER: 1, SELLER: -1}[role]

    def surplus(side):
        return budget - price if side == BUYER else price - cost

    def share(side):
        return (surplus(side) if deal else 0) / gap

    yield "reward", episode[f"{role}_reward"]
    yield "deal_rate", deal
    if budget > cost:
        yield "feasible_agreement", deal
        yield "surplus_efficiency", share(role)
        yield "nash_product", 4 * max(surplus(BUYER), 0) * max(surplus(SELLER), 0) / gap**2 if deal else 0
    if budget < cost:
        yield "infeasible_agreement", deal
    quit_by = by if ending == "quit" else None
    if budget != cost and quit_by != OTHER[role]:
        yield "walk_away_correctness", (quit_by == role) == (budget < cost)
    if deal:
        yield "rounds_to_deal", episode["round"]
        yield "own_irrationality", surplus(role) < 0
        yield "induced_irrationality", surplus(OTHER[role]) < 0
        if budget != cost:
            yield "bargained_ratio", share(role)
        if budget > cost:
            yield "conditional_surplus_efficiency", share(role)
            yield "seller_surplus_share", share(SELLER)
    offers, facing = [], None
    for move in moves:
        if move["act"] == "offer":
            if move["role"] == role:
                offers.append((move["price_mills"], facing))
            else:
                facing = move["price_mills"]
    if offers:
        yield "first_offer_ratio", offers[0][0] / limit[role]
        if deal:
            yield "anchoring_slope", (offers[0][0] / list_price, price / list_price)
    for (before, faced), (now, faces) in zip(offers, offers[1:]):
        concession = sign * (now - before) / list_price
        yield "concession", concession
        yield "monotonicity", concession >= 0
        if faced is not None and faces is not None:
            yield "reciprocity", (sign * (faced - faces) / list_price, concession)
    named = [move["price_mills"] for move in own if move["act"] in ("offer", "accept")]
    yield "overshoot_rate", any(sign * (named_price - limit[role]) > 0 for named_price in named)
    for _ in own:
        yield "format_validity", True
    if ending == "format_error" and by == role:
        yield "format_validity", False
    talk = [amount for move in own for amount in amounts(move["talk"])]
    yield "limit_leakage", any(abs(amount - limit[role]) <= 10 for amount in talk)


def estimate(values):
    if values and isinstance(values[0], tuple):
        n = len(values)
        x, y = sum(x for x, _ in values), sum(y for _, y in values)
        xx, xy = sum(x * x for x, _ in values), sum(x * y for x, y in values)
        spread = n * xx - x * x
        return (n * xy - x * y) / spread if spread > 1e-9 * n * xx else None
    return sum(values) / len(values) if values else None


found = defaultdict(list)
scored = [e for e in episodes if e["ending"] not in ("abandoned", "engine_failure")]
for episode in scored:
    pair = tuple(episode[key] for key in ("buyer", "seller", "buyer_persona", "seller_persona"))
    for role in (BUYER, SELLER):
        for metric, value in units(episode, role):
            found[(*pair, role, metric)].append(value)

compared = 0
for row in pl.read_parquet(f"{folder}/figures.parquet").to_dicts():
    if row["metric"] in NOT_HERE:
        continue
    key = tuple(row[k] for k in ("buyer", "seller", "buyer_persona", "seller_persona", "role", "metric"))
    values = found.pop(key, [])
    value = estimate(values)
    assert len(values) == row["n"], (key, len(values), row["n"])
    same = value is None if row["value"] is None else abs(value - row["value"]) <= 1e-9
    assert same, (key, value, row["value"])
    compared += 1
assert not found, f"figures that Souk does not tell: {sorted(found)[:3]}"
print(f"{compared} figures over {len(scored)} episodes are the same to 1e-9")

os.environ["SOUK_EXPORT"] = folder
names = {}
for cell in json.load(open(notebook))["cells"]:
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), notebook, "exec"), names)
table = names["table"]
assert table.height > 0 and table["reward"].null_count() == 0, table
low, high = table["reward_low"], table["reward_high"]
assert ((low <= table["reward"]) & (table["reward"] <= high)).all(), table
print("all is well")
