"""The client at a real Souk: SOUK_URL. Run by server/tests/it/environment.rs with the wheel of this folder.

Ends with "all is well", or with what was not.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

CLIENT = pathlib.Path(__file__).parent.parent


def build_and_install() -> None:
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        source = pathlib.Path(folder) / "source"
        subprocess.run(["cp", "-r", str(CLIENT), str(source)], check=True)
        wheels = pathlib.Path(folder) / "wheels"
        subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(source)], check=True)
        (wheel,) = wheels.glob("souk_env-*.whl")
        subprocess.run([*pip, "install", "--no-deps", "--force-reinstall", str(wheel)], check=True)


def main() -> None:
    build_and_install()
    from souk_env import SoukEnv, SoukError

    url = os.environ["SOUK_URL"]
    with SoukEnv(url) as env, SoukEnv(url + "/env") as other:
        plays = []
        for one in (env, other):
            first = one.reset(seed=5, role="buyer", opponent="linear")
            assert not first.done and first.reward is None and first.observation.legal["offer"]
            assert first.observation.messages[0]["role"] == "system"
            second = one.offer(first.observation.limit // 2, "Would you take this?")
            plays.append([first.observation.messages, second.observation.turns])
        assert plays[0] == plays[1], "the same seed, the same episode"
        assert env.state().step_count == 1
        try:
            env.reset(opponent="nobody")
            raise AssertionError("nobody plays")
        except SoukError as error:
            assert error.code == "VALIDATION_ERROR" and "nobody" in str(error)
        # By texts, until it ends by itself.
        result = env.reset(seed=6, role="buyer", opponent="conceder", syntax="tags")
        codename = "books_1"
        while not result.done:
            legal = result.observation.legal
            price = legal["accept"]
            if price is not None and price <= result.observation.limit:
                text = f"<talk>Done.</talk> <action>[DEAL] ${price / 1000:.2f} (1x {codename})</action>"
                result = env.accept("Done.") if price % 10 else env.step(text)
            else:
                offer = result.observation.limit * (50 + 8 * result.observation.round) // 100_000 * 1000
                text = f"<talk>I can do this.</talk> <action>[BUY] ${offer / 1000:.0f} (1x {codename})</action>"
                result = env.step(text)
        seen = result.observation
        assert seen.outcome is not None and seen.format_error is None, seen
        assert seen.rewards is not None and seen.reward_name
        if seen.outcome["type"] == "deal":
            assert result.reward is not None and abs(seen.rewards["buyer"] + seen.rewards["seller"] - 1) < 1e-9
        result = env.reset(seed=6, role="buyer", opponent="conceder")
        result = env.step("I have no idea.")
        assert result.done and result.observation.outcome == {"type": "format_error", "by": "buyer"}
    print("all is well")


main()
