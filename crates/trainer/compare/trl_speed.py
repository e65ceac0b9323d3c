"""Seconds of a GRPO iteration in TRL, rollouts and update apart; the work of `examples/grpo.rs`. See README.md."""

import sys
import tempfile
import time

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

folder, threads, prompts, group, given, drawn, at_once = sys.argv[1], *map(int, sys.argv[2:8])
torch.set_num_threads(threads)
TIMES = 3  # after one that warms up

model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(folder)
# Text of so many tokens, another one for each prompt.
words = [" price", " offer", " deal", " book", " lamp", " chair", " table", " clock"]
texts = []
for n in range(prompts):
    text = ""
    while len(tokenizer(text + words[n % len(words)])["input_ids"]) <= given:
        text += words[n % len(words)]
    texts.append(text)
spent = {"rollout": [], "step": []}


class Timed(GRPOTrainer):
    def _generate_and_score_completions(self, inputs):
        start = time.perf_counter()
        made = super()._generate_and_score_completions(inputs)
        spent["rollout"].append(time.perf_counter() - start)
        lengths = made["completion_mask"].sum(1)
        assert lengths.min() == drawn, lengths
        return made


rollouts = prompts * group
settings = GRPOConfig(
    output_dir=tempfile.mkdtemp(), use_cpu=True, bf16=False, report_to="none", save_strategy="no", logging_steps=1000,
    per_device_train_batch_size=at_once, gradient_accumulation_steps=rollouts // at_once,
    num_generations=group, max_completion_length=drawn, max_steps=TIMES + 1, learning_rate=1e-6,
    beta=0.0, loss_type="dapo", epsilon_high=0.28, temperature=1.0, top_k=0, shuffle_dataset=False,
    gradient_checkpointing=False, disable_tqdm=True, dataloader_num_workers=0, seed=1,
    generation_kwargs={"min_new_tokens": drawn, "eos_token_id": None},
)
marks = []


def reward(completions, **_):
    return [(n * 7919 % 101) / 101 for n in range(len(completions))]


trainer = Timed(
    model=model, args=settings, processing_class=tokenizer, reward_funcs=reward,
    train_dataset=Dataset.from_dict({"prompt": texts * (TIMES + 1)}),
)


class Clock(TrainerCallback):
    def on_step_begin(self, *_, **__):
        marks.append(time.perf_counter())

    def on_step_end(self, *_, **__):
        spent["step"].append(time.perf_counter() - marks[-1])


trainer.add_callback(Clock())
trainer.train()
mean = lambda list: sum(list[1:]) / len(list[1:])
print({name: [round(s, 2) for s in seconds] for name, seconds in spent.items()})
print(f"{prompts} x {group} rollouts of {given} + {drawn} tokens, {threads} threads, {at_once} at once: "
      f"rollouts {mean(spent['rollout']):.2f} s, step {mean(spent['step']):.2f} s")
