"""The `verifiers` environment at a real Souk (SOUK_URL), with a scripted model and with one of Souk's own.

The scripted model is a small server of OpenAI's protocol in this process. SOUK_API_KEY, with the scopes `play` and
`models`, also has Souk's model SOUK_MODEL play, through Souk's own `/v1`. Ends with "all is well", or with what was not.
"""

import asyncio
import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import verifiers.v1 as vf

from souk_verifiers import load_environment

URL = os.environ["SOUK_URL"]


class Scripted(BaseHTTPRequestHandler):
    """Offers half of the limit, then takes what is within it; or talks nonsense, where that is its model's name."""

    chats: list[list[dict[str, str]]] = []

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.chats.append(asked["messages"])
        text = "What is this?" if asked["model"] == "nonsense" else self.move(asked["messages"])
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        body = {"id": "x", "object": "chat.completion", "created": 0, "model": asked["model"], "choices": [choice]}
        reply = json.dumps({**body, "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    @staticmethod
    def move(messages: list[dict[str, str]]) -> str:
        said = [message["content"] for message in messages if message["role"] == "user"]
        codename = re.search(r"1x (\S+?)[,.]", said[0])
        limit = re.search(r"Limit \$([\d.,]+)", said[0])
        assert codename and limit, said[0]
        price = float(limit[1].rstrip(".").replace(",", ""))
        offered = re.search(r"offers \$([\d.,]+), (?:within|below|at)", said[-1])
        if offered:
            return f"Talk: Done.\nAction: [DEAL] ${offered[1].rstrip('.,')} (1x {codename[1]})"
        share = 0.5 + 0.08 * len(said)
        return f"Talk: I can do this.\nAction: [BUY] ${price * share:.2f} (1x {codename[1]})"

    def log_message(self, format: str, *args: object) -> None:
        pass


async def episodes(env: vf.Env, base_url: str, model: str, key: str = "SCRIPTED_KEY") -> list[vf.Episode]:
    client = vf.EvalClientConfig(base_url=base_url, api_key_var=key)
    ctx = vf.ModelContext(client=client, model=model, sampling=vf.SamplingConfig())
    async with env.serving():
        return list(await asyncio.gather(*(env.run_episode(task, ctx) for task in env.taskset)))


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scripted = f"http://127.0.0.1:{server.server_address[1]}/v1"
    settings: dict[str, Any] = {"seeds": 4, "opponents": ["conceder"], "personas": ["neutral"], "style": "compact"}

    played = asyncio.run(episodes(load_environment(URL, **settings), scripted, "scripted"))
    assert len(played) == 4
    for episode in played:
        assert episode.ok, [error.message for error in episode.errors]
        (trace,) = episode.traces
        assert trace.metrics["format_error"] == 0.0, trace.info
        if trace.metrics["deal"]:
            assert trace.reward == trace.metrics["ratio"] and -1 <= trace.reward <= 1
        assert trace.num_turns >= 1
    assert any(episode.traces[0].metrics["deal"] for episode in played)
    # A chat is the other side's words and the model's own, as they were written.
    longest = max(Scripted.chats, key=len)
    assert [message["role"] for message in longest[:3]] == ["system", "user", "assistant"], longest
    again = asyncio.run(episodes(load_environment(URL, **settings), scripted, "scripted"))
    rewards = [[episode.traces[0].reward for episode in some] for some in (played, again)]
    assert rewards[0] == rewards[1], "the same seeds, the same episodes"

    spoilt = asyncio.run(episodes(load_environment(URL, **{**settings, "seeds": 1}), scripted, "nonsense"))
    trace = spoilt[0].traces[0]
    assert trace.reward == -1.0 and trace.metrics["format_error"] == 1.0, trace.metrics
    print(f"scripted: rewards {rewards[0]}, turns {[episode.traces[0].num_turns for episode in played]}")

    model = os.environ.get("SOUK_MODEL")
    if model:
        env = load_environment(URL, **{**settings, "opponents": ["persuadable"]})
        played = asyncio.run(episodes(env, f"{URL}/v1", model, "SOUK_API_KEY"))
        for episode in played:
            assert episode.ok, [error.message for error in episode.errors]
        told = [(round(e.traces[0].reward, 3), e.traces[0].metrics["deal"], e.traces[0].num_turns) for e in played]
        print(f"{model}: reward, deal, turns {told}")
    print("all is well")


if __name__ == "__main__":
    main()
