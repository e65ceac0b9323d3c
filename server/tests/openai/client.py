"""OpenAI's own Python client at a Souk: OPENAI_BASE_URL, OPENAI_API_KEY, a model `tiny`.

Run by server/tests/it/v1.rs. Ends with "all is well", or with what was not.
"""

import json
import math
import os

import openai
from openai import OpenAI

client = OpenAI(max_retries=0, timeout=60)
ASK = dict(
    model="tiny",
    messages=[
        {"role": "system", "content": "You sell an atlas."},
        {"role": "user", "content": "Would $20 do, for 40 €?"},
    ],
    max_tokens=24,
    seed=7,
)


def models():
    assert [model.id for model in client.models.list()] == ["tiny"]
    model = client.models.retrieve("tiny")
    assert model.object == "model" and model.owned_by == "souk" and model.created > 0


def chat():
    first = client.chat.completions.create(**ASK, logprobs=True)
    again = client.chat.completions.create(**ASK)
    choice = first.choices[0]
    assert choice.message.role == "assistant"
    assert choice.message.content == again.choices[0].message.content, "a seed repeats"
    assert choice.finish_reason in ("stop", "length")
    usage = first.usage
    assert usage.prompt_tokens > 20 and 1 <= usage.completion_tokens <= 24
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    content = choice.logprobs.content
    written = b"".join(bytes(token.bytes) for token in content)
    assert written.decode("utf-8", "replace") == choice.message.content
    assert all(token.logprob < 0 and math.isfinite(token.logprob) for token in content)
    other = client.chat.completions.create(**{**ASK, "seed": 8})
    assert other.choices[0].message.content != choice.message.content


def stream():
    whole = client.chat.completions.create(**ASK)
    parts = list(
        client.chat.completions.create(
            **ASK, stream=True, stream_options={"include_usage": True}, logprobs=True
        )
    )
    told = [part for part in parts if part.choices]
    text = "".join(part.choices[0].delta.content or "" for part in told)
    assert text == whole.choices[0].message.content
    assert told[0].choices[0].delta.role == "assistant"
    assert told[-1].choices[0].finish_reason == whole.choices[0].finish_reason
    assert len(told) > 4, "it comes in pieces"
    assert parts[-1].usage == whole.usage and not parts[-1].choices
    assert all(part.usage is None for part in parts[:-1])
    assert len({part.id for part in parts}) == 1
    count = sum(len(p.choices[0].logprobs.content) for p in told if p.choices[0].logprobs)
    assert count in (whole.usage.completion_tokens, whole.usage.completion_tokens - 1)
    # The client's own collector, which refuses an answer that is cut at its length.
    with client.chat.completions.stream(
        **ASK, extra_body={"grammar": 'start: "maybe"'}
    ) as events:
        final = events.get_final_completion()
    assert final.choices[0].message.content == "maybe"
    assert final.choices[0].finish_reason == "stop"


def schema():
    shape = {
        "type": "object",
        "properties": {"price": {"type": "integer", "minimum": 10, "maximum": 99}},
        "required": ["price"],
        "additionalProperties": False,
    }
    answer = client.chat.completions.create(
        **{**ASK, "max_tokens": 200, "temperature": 0.7},
        response_format={"type": "json_schema", "json_schema": {"name": "offer", "schema": shape}},
    )
    assert 10 <= json.loads(answer.choices[0].message.content)["price"] <= 99
    answer = client.chat.completions.create(
        **ASK, extra_body={"grammar": 'start: "yes" | "no"'}
    )
    assert answer.choices[0].message.content in ("yes", "no")


def completions():
    ask = dict(model="tiny", prompt="<|im_start|>user\nHi", max_tokens=12, seed=3)
    answer = client.completions.create(**ask, logprobs=0)
    choice = answer.choices[0]
    assert len(choice.logprobs.tokens) == len(choice.logprobs.token_logprobs)
    assert choice.logprobs.text_offset[0] == 0
    text = "".join(part.choices[0].text for part in client.completions.create(**ask, stream=True))
    assert text == choice.text
    # The beginning of a turn is one token, then `user`, a line, `Hi`: bytes of the tests' tokenizer.
    ids = [0] + [byte + 2 for byte in b"us"] + [261] + [byte + 2 for byte in b"\nHi"]
    assert client.completions.create(**{**ask, "prompt": ids}).choices[0].text == text
    stopped = client.completions.create(**ask, stop=text[2])
    assert stopped.choices[0].text == text[: text.index(text[2])]
    assert stopped.choices[0].finish_reason == "stop"


def refused(kind, code, param, call):
    try:
        call()
    except kind as error:
        assert error.code == code, (error.code, code)
        assert error.param == param, (error.param, param)
        assert len(error.body["message"]) > 10
        return
    raise AssertionError(f"{code} was answered")


def refusals():
    create = client.chat.completions.create
    bad, missing = openai.BadRequestError, openai.NotFoundError
    refused(missing, "model_not_found", "model", lambda: create(**{**ASK, "model": "none"}))
    refused(missing, "model_not_found", "model", lambda: client.models.retrieve("none"))
    refused(bad, "invalid_value", "n", lambda: create(**ASK, n=2))
    refused(
        bad,
        "unsupported_parameter",
        "top_logprobs",
        lambda: create(**ASK, logprobs=True, top_logprobs=3),
    )
    refused(bad, "bad_grammar", "response_format", lambda: create(**ASK, extra_body={"grammar": "("}))
    long = [{"role": "user", "content": "x" * 100_000}]
    refused(
        bad, "context_length_exceeded", "messages", lambda: create(**{**ASK, "messages": long})
    )
    stranger = OpenAI(api_key="souk_nobody", max_retries=0)
    refused(
        openai.AuthenticationError, "invalid_api_key", None, lambda: list(stranger.models.list())
    )
    player = OpenAI(api_key=os.environ["PLAYERS_KEY"], max_retries=0)
    refused(
        openai.PermissionDeniedError, "scope_missing", None, lambda: list(player.models.list())
    )


for check in (models, chat, stream, schema, completions, refusals):
    check()
print(f"all is well with openai {openai.__version__}")
