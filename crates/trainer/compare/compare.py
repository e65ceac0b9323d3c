"""Sets our model beside transformers, peft and PyTorch. See README.md."""

import json
import resource
import sys
import time
from pathlib import Path

import torch
import transformers
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(name, times, tokens, work):
    work()
    begun, spent, best = time.perf_counter(), processor_seconds(), 1e9
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    mean = times * tokens / (time.perf_counter() - begun)
    processor = times * tokens / (processor_seconds() - spent)
    print(f"{name}: {mean:.0f} tokens/s, best {tokens / best:.0f}, per second of one processor {processor:.0f}")


def check(folder):
    """The same logits to 1e-3, plain and with the adapter; the same tokens from the chat template."""
    read = lambda name: json.loads((folder / name).read_text())
    model = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    ids = torch.tensor([read("ids.json")])
    with torch.no_grad():
        for name, of in (("logits", lambda: model), ("adapted", lambda: PeftModel.from_pretrained(model, folder / "adapter"))):
            got = of()(ids).logits[0]
            expected = torch.tensor(read(f"{name}.json")).reshape(got.shape)
            off = (got - expected).abs().max().item()
            print(f"{name}: greatest difference {off:.2e} of logits up to {expected.abs().max().item():.1f}")
            assert off < 1e-3, name
    talk = [{"role": role, "content": text} for role, text in read("talk.json")]
    rendered = tokenizer.apply_chat_template(talk, add_generation_prompt=True, return_dict=False)
    assert rendered == read("talk_ids.json"), (rendered, read("talk_ids.json"))
    assert tokenizer.decode(rendered).startswith("<|im_start|>system\nYou sell a kettle.<|im_end|>\n")
    print(f"chat template: the same {len(rendered)} tokens")


def golden(folder, file):
    """A chat with the demo model: its tokens and the logits behind the last two, for a test without Python."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    chat = [
        ("system", "You are the buyer. Manner: begging. Pay little, never above your limit."),
        ("user", "1x books_7, Atlas of the Seven Seas. List $42.50. Limit $34. Left 6."),
        ("assistant", "Thought: offer $27.\nTalk: Would $27 do it?\nAction: [BUY] $27.00 (1x books_7)"),
        ("user", "Seller: It's <b>worth</b> more — 40€.\noffers $41, above limit. Limit $34, yours $27, 1x books_7. Left 5."),
    ]
    messages = [{"role": role, "content": text} for role, text in chat]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    with torch.no_grad():
        rows = model(torch.tensor([ids])).logits[0][-2:]
    logits = [[round(value, 5) for value in row.tolist()] for row in rows]
    made = f"compare.py golden models/demo, transformers {transformers.__version__}, torch {torch.__version__}"
    Path(file).write_text(json.dumps({"made": made, "chat": chat, "ids": ids, "logits": logits}) + "\n")


def fresh(folder):
    return AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)


def supervised(folder, batches):
    """The work of `examples/throughput.rs`: 16 sequences of 200 to 500 tokens, 40% of them own."""
    model = fresh(folder)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1)
    rows = [[(t * 7 + n * 31) % 2048 for t in range(200 + 20 * n)] for n in range(16)]
    tokens, parts, per = sum(map(len, rows)), [], 16 // batches
    own = sum(1 for row in rows for t in range(1, len(row)) if t % 5 < 2)
    for part in (rows[i : i + per] for i in range(0, 16, per)):
        width = max(map(len, part))
        ids = torch.tensor([row + [0] * (width - len(row)) for row in part])
        real = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in part])
        mine = (real == 1) & (torch.arange(width) % 5 < 2)
        mine[:, 0] = False
        parts.append((ids, mine))

    def step():
        optimizer.zero_grad()
        for ids, mine in parts:
            hidden = model.model(ids).last_hidden_state[:, :-1][mine[:, 1:]]
            logits = model.lm_head(hidden)
            loss = torch.nn.functional.cross_entropy(logits, ids[:, 1:][mine[:, 1:]], reduction="sum") / own
            loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    measure(f"supervised, {torch.get_num_threads()} threads, {batches} padded batches", 5, tokens, step)


def sampling(folder):
    model = fresh(folder).eval()
    ids = torch.tensor([[(t * 7 + n * 31) % 2048 for t in range(200)] for n in range(64)])
    some = dict(attention_mask=torch.ones_like(ids), do_sample=True, top_k=0, pad_token_id=0, eos_token_id=None)

    def draw(tokens):
        with torch.no_grad():
            model.generate(ids, min_new_tokens=tokens, max_new_tokens=tokens, **some)

    # The reading of the prompts is in both and falls out of the difference.
    spent = []
    for tokens in (1, 129):
        draw(tokens)
        start, processor = time.perf_counter(), processor_seconds()
        draw(tokens)
        spent.append((time.perf_counter() - start, processor_seconds() - processor))
    clock, processor = (b - a for a, b in zip(*spent))
    print(
        f"sampling, {torch.get_num_threads()} threads, 64 rows: read {64 * 200 / spent[0][0]:.0f} tokens/s, "
        f"drawn {64 * 128 / clock:.0f} tokens/s, per second of one processor {64 * 128 / processor:.0f}"
    )


if __name__ == "__main__":
    if sys.argv[1] == "golden":
        sys.exit(golden(*sys.argv[2:4]))
    folder, threads = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2
    torch.set_num_threads(threads)
    what = sys.argv[3:] or ["check", "supervised", "sampling"]
    if "check" in what:
        check(folder)
    if "supervised" in what:
        supervised(folder, 1)
        supervised(folder, 4)
    if "sampling" in what:
        sampling(folder)
