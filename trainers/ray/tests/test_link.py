"""The job's side of the protocol against a stand-in, and its figures by hand. Needs no model and no Souk."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent)]

import figures  # noqa: E402
import link  # noqa: E402
import stand_in  # noqa: E402


def linked(souk: stand_in.Souk, token: str = stand_in.TOKEN, patience: float = 8.0) -> link.Souk:
    return link.Souk(souk.address, "run 1", token, patience=patience, timeout=5.0)


def test_what_fails_for_a_while_is_tried_again() -> None:
    souk = stand_in.Souk(plan={"seed": 1}, faults=[503, 0, 429]).serve()
    assert linked(souk).spec()["plan"] == {"seed": 1}
    assert souk.faults == []


def test_a_souk_that_stays_away_is_given_up() -> None:
    with pytest.raises(link.Away):
        linked(stand_in.Souk(fault=500).serve(), patience=2.0).spec()
    with pytest.raises(link.Away):
        link.Souk("http://127.0.0.1:9", "run", "token", patience=0.5).tell({"kind": "log", "line": "x"})


@pytest.mark.parametrize("status", [401, 403, 410])
def test_a_job_that_is_not_known_any_more_stops(status: int) -> None:
    with pytest.raises(link.Gone):
        linked(stand_in.Souk(fault=status).serve()).tell({"kind": "log", "line": "x"})


def test_a_wrong_token_stops() -> None:
    with pytest.raises(link.Gone):
        linked(stand_in.Souk().serve(), token="other").spec()


def test_lines_are_answered_with_a_word() -> None:
    souk = stand_in.Souk(word=lambda line: "pause" if line["kind"] == "iteration" else "on").serve()
    lines = linked(souk)
    assert lines.tell({"kind": "at", "stage": "rollout", "left_ms": None}) == "on"
    assert lines.tell({"kind": "log", "line": "x"}, {"kind": "iteration", "number": 1}) == "pause"
    assert [line["kind"] for line in souk.lines] == ["at", "log", "iteration"]
    with pytest.raises(ValueError):
        lines.tell({"kind": "log", "line": float("nan")})


def test_the_base_is_fetched_once_and_checked(tmp_path: Path) -> None:
    base = tmp_path / "there"
    base.mkdir()
    (base / "config.json").write_text("{}")
    souk = stand_in.Souk(base=base).serve()
    files = linked(souk).spec()["base"]
    here = tmp_path / "here"
    linked(souk).base(files, here)
    assert (here / "config.json").read_text() == "{}"
    (base / "config.json").write_text("changed")
    linked(souk).base(files, here)
    (here / "config.json").unlink()
    with pytest.raises(link.Corrupt):
        linked(souk).base(files, here)


def test_files_arrive_whole_after_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "adapter_model.safetensors"
    file.write_bytes(bytes(range(256)) * 9000)
    souk = stand_in.Souk(faults=[502]).serve()
    linked(souk).put(3, file)
    assert souk.files == {(3, file.name): file.read_bytes()}


def test_a_word_that_ends_the_run_stays() -> None:
    beat = link.Beat(linked(stand_in.Souk().serve()))
    for said, held in [("on", "on"), ("pause", "pause"), ("on", "pause"), ("cancel", "cancel"), ("pause", "cancel")]:
        beat.hear(said)  # type: ignore[arg-type]
        assert beat.word == held


def rolled(outcome: dict[str, Any], reward: float, turns: list[Any], limits: figures.Limits) -> figures.Rolled:
    seen = SimpleNamespace(outcome=outcome, turns=turns, limit=80_000)
    rollout = SimpleNamespace(
        scenario=SimpleNamespace(role="buyer"), seen=seen, failure=None, reward=reward, truncated=False, messages=2,
        logp=[-1.0] * 10, ids=[0] * 40,
    )
    return figures.Rolled(rollout, 0.5, limits)  # type: ignore[arg-type]


def test_figures_by_hand() -> None:
    def offer(by: str, price: int, talk: str = "") -> dict[str, Any]:
        return {"by": by, "talk": talk, "act": {"type": "offer", "price": price}}

    limits = figures.Limits(80_000, 50_000)
    dealt = rolled({"type": "deal", "price": 60_000, "round": 2}, 2 / 3, [offer("buyer", 40_000, "I have $80.")], limits)
    beyond = rolled({"type": "budget_violation", "by": "buyer"}, -1.0, [offer("buyer", 90_000, "$50 is it")], limits)
    walked = rolled({"type": "quit", "by": "buyer"}, 0.0, [], figures.Limits(80_000, 90_000))
    got = figures.of_role([dealt, beyond, walked])
    expected = {
        "reward": (2 / 3 - 1) / 3, "reward_min": -1.0, "deal_rate": 1 / 3, "deal_rate_mi": 0.5, "deal_rate_ci": 0.0,
        "walk_away_correct": 1.0, "bargained_ratio": 2 / 3, "surplus_efficiency": 1 / 3, "overshoot_rate": 1 / 3,
        "first_offer_ratio": (0.5 + 1.125) / 2, "rounds": 2.0, "format_error_rate": 0.0, "limit_leakage": 1 / 3,
        "counterpart_leakage": 0.0, "tokens_per_move": 5.0, "distinct_utterances": 1.0, "failed_share": 0.0,
    }
    assert {name: got[name] for name in expected} == pytest.approx(expected)
    assert figures.distinct_2(["I say $4.", "I say $5!"]) == 0.5 and figures.distinct_2(["one"]) is None
    assert figures.prices_in("$1,234.56 or 80.") == [1_234_560, 80_000]
    assert figures.of_role([])["reward"] is None


def test_alarms_by_hand() -> None:
    thresholds = {
        "deals_left": 0.5, "entropy_left": 0.25, "distinct_left": 0.4, "format_errors": 0.05, "counterpart_leaks": 0.02,
        "flat_groups": 0.6,
    }
    first: figures.Figures = {"entropy": 1.0, "deal_rate_mi": 0.8}
    raised = figures.alarms(first, {"entropy": 0.2, "format_error_rate": 0.1, "deal_rate_mi": None}, thresholds)
    assert [alarm["code"] for alarm in raised] == ["entropy_collapse", "format_collapse"]
