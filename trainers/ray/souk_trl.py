"""A training run of Souk by TRL, as a job on a cluster or alone. See README.md."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import math
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Optional, Sequence

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather_object
from datasets import Dataset
from peft import LoraConfig, PeftModel
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, TrainerCallback
from trl import GRPOConfig, GRPOTrainer
from websockets.exceptions import InvalidStatus

from figures import Figures, Limits, Rolled, alarms, is_flat, mean, of_role
from link import Alone, Away, Beat, Corrupt, Gone, Link, Souk, Word, sha256
from plan import Refused, Sizes, check, rate, scenarios
from souk_env import SoukError
from souk_env.trl import ChatTokens, Rollout, Rollouts, rollout_func, souk_reward

log = logging.getLogger("souk_trl")

Style = Literal["compact", "standard"]

LOSSES = {"tokens": "dapo", "rollouts": "grpo", "constant": "dr_grpo"}
# As in Souk's own trainer.
ALPHA = 2
BETAS = (0.9, 0.95)
THRESHOLDS = {
    "deals_left": 0.5, "format_errors": 0.05, "entropy_left": 0.25, "counterpart_leaks": 0.02, "distinct_left": 0.4,
    "flat_groups": 0.6, "held_out_loss": 0.05,
}
# A checkpoint's files besides its weights.
OF_THE_BASE = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
# Weights up to which a state is kept after every iteration.
SMALL = 200_000_000


class NotFinite(Exception):
    """The loss or the gradient is no number any more."""


class Stopped(Exception):
    """The run was cancelled, or is somebody else's."""


@dataclass
class Iteration:
    """What is gathered while an iteration goes on."""

    began: float = field(default_factory=time.monotonic)
    rollouts: list[Rollout] = field(default_factory=list)
    advantages: list[float] = field(default_factory=list)
    rolled_s: float = 0.0
    gap: Optional[float] = None
    kl: Optional[float] = None
    logs: list[dict[str, float]] = field(default_factory=list)


class Trainer(GRPOTrainer):
    """Keeps what TRL makes of the rollouts, in their order."""

    now: Iteration

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        self.now = Iteration()
        made = super()._generate_and_score_completions(inputs)
        self.now.advantages = made["advantages"].tolist()
        if "old_per_token_logps" in made and "sampling_per_token_logps" in made:
            own = (made["completion_mask"] * made["tool_mask"]).bool()
            off = (made["old_per_token_logps"] - made["sampling_per_token_logps"]).abs()[own]
            self.now.gap = off.mean().item() if off.numel() else None
        return made


class Report(TrainerCallback):
    """Tells Souk each iteration, and keeps what it asks to be kept."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def on_log(self, args: Any, state: Any, control: Any, logs: Optional[dict[str, float]] = None, **_: Any) -> None:
        if not logs or "train_runtime" in logs:
            return
        run = self._run
        if not math.isfinite(logs.get("loss", 0.0)) or not math.isfinite(logs.get("grad_norm", 0.0)):
            raise NotFinite(f"the loss is {logs.get('loss')}, the gradient's length {logs.get('grad_norm')}")
        run.trainer.now.logs.append(dict(logs))
        if state.global_step % run.steps == 0:
            if run.ends(state.global_step // run.steps) != "on":
                control.should_training_stop = True


class Run:
    """A run between its spec and its end."""

    def __init__(self, link: Link, address: str, token: Optional[str], folder: Path, style: Style) -> None:
        self.link, self.address, self.token, self.folder, self.style = link, address, token, folder, style
        self.state = PartialState()
        self.is_main = self.state.is_main_process
        self.beat = Beat(link)
        self.spec: dict[str, Any] = self._shared(link.spec() if self.is_main else None)
        self.plan: dict[str, Any] = self.spec["plan"]
        self.products: list[dict[str, Any]] = self.spec.get("train", [])
        self.known = {one["id"]: Limits(one["budget"], one["cost"]) for one in self.products}
        self.first: Optional[Figures] = None
        self.reference: Optional[PreTrainedModel] = None
        self.tooks: list[float] = []
        self.trainer: Trainer
        self.steps = 1

    def _shared(self, value: Any) -> Any:
        """The main process's value, in all."""
        values = [value]
        if self.state.num_processes > 1:
            broadcast_object_list(values)
        return values[0]

    def work(self) -> None:
        left_out = check(self.plan, bool(self.products))
        if self.is_main:
            self.beat.start()
            self.link.base(self.spec["base"], self.base)
            self.link.tell(*({"kind": "log", "line": f"Not followed by TRL: {line}."} for line in left_out))
        self.state.wait_for_everyone()
        done = self.newest()
        if done >= self.plan["iterations"]:
            return
        if self.is_main and not done and self.spec["iteration"]:
            self.link.tell({"kind": "log", "line": "There is no state of the run here: it begins again from its base."})
        self.trainer = self.make(done)
        self.at("rollout")
        resume = str(self.states / f"checkpoint-{done * self.steps}") if done else None
        self.trainer.train(resume_from_checkpoint=resume)
        if self.beat.word in ("cancel", "lost"):
            raise Stopped(self.beat.word)

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def states(self) -> Path:
        return self.folder / "state"

    def newest(self) -> int:
        """Iterations done in the newest state on this disk; none where it is of another plan."""
        kept = self.states / "plan.json"
        text = json.dumps(self.plan, sort_keys=True)
        if kept.is_file() and kept.read_text() != text:
            raise Refused(f"the state in {self.states} belongs to other settings: begin another run")
        self.steps = Sizes.of(self.plan, self.state.num_processes).steps(self.plan)
        found = [int(path.name.split("-")[1]) for path in self.states.glob("checkpoint-*") if (path / "whole").is_file()]
        if (figures := self.states / "first.json").is_file():
            self.first = json.loads(figures.read_text())
        self.state.wait_for_everyone()
        if self.is_main:
            self.states.mkdir(parents=True, exist_ok=True)
            kept.write_text(text)
        return max(found, default=0) // self.steps

    def make(self, done: int) -> Trainer:
        plan, sizes = self.plan, Sizes.of(self.plan, self.state.num_processes)
        learning, surrogate, objective = plan["learning"], plan["surrogate"], plan["objective"]
        on_gpu = torch.cuda.is_available()
        kind = torch.bfloat16 if on_gpu and learning.get("rank") else torch.float32
        model = AutoModelForCausalLM.from_pretrained(self.base, dtype=kind)
        tokenizer = AutoTokenizer.from_pretrained(self.base)
        rank = learning.get("rank")
        adapter = rank and LoraConfig(
            r=rank, lora_alpha=ALPHA * rank, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"
        )
        trainable = sum(parameter.numel() for parameter in model.parameters())
        often = 1 if rank or trainable < SMALL else max(plan.get("keep", {}).get("every", 10), 1)
        settings = GRPOConfig(
            output_dir=str(self.states), use_cpu=not on_gpu, bf16=on_gpu, report_to="none", disable_tqdm=True,
            save_strategy="steps", save_steps=self.steps * often, save_total_limit=2, logging_steps=1,
            logging_nan_inf_filter=False, ignore_data_skip=True, shuffle_dataset=False, dataloader_num_workers=0,
            per_device_train_batch_size=sizes.rows, gradient_accumulation_steps=sizes.accumulate,
            steps_per_generation=sizes.accumulate * sizes.minibatches, num_iterations=objective["epochs"],
            num_generations=plan["rollout"]["group"], max_steps=plan["iterations"] * self.steps,
            max_completion_length=plan["rollout"]["rounds"] * plan["rollout"]["most_tokens"],
            learning_rate=learning["rate"], weight_decay=learning["weight_decay"], max_grad_norm=learning["clip"],
            adam_beta1=BETAS[0], adam_beta2=BETAS[1], seed=plan["seed"] % 2**32,
            loss_type=LOSSES[objective["normalisation"]], beta=surrogate["kl"], entropy_coef=surrogate["entropy_bonus"],
            epsilon=surrogate["clip_low"], epsilon_high=surrogate["clip_high"], temperature=1.0,
            scale_rewards="group" if objective["estimator"] == "grpo" else "none",
            activation_checkpointing=on_gpu,
        )
        each = (scenarios(plan, iteration, self.products) for iteration in range(done, plan["iterations"]))
        rows = [scenario.prompt() for group in each for scenario in group]
        how = Rollouts(
            self.address, self.token, style=self.style,
            most_tokens=plan["rollout"]["most_tokens"], at_once=plan["rollout"]["at_once"],
        )
        trainer = Trainer(
            model=model, args=settings, processing_class=tokenizer, peft_config=adapter or None,
            reward_funcs=self.reward, train_dataset=Dataset.from_dict({"prompt": rows}),
            rollout_func=rollout_func(
                how, self.chat(tokenizer, model), plan["seed"], on_rollouts=self.rolled, told=lambda _: self.heard()
            ),
        )
        steps, optimizer = self.steps, trainer.create_optimizer()
        trainer.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(plan, step // steps))
        trainer.add_callback(Report(self))
        trainer.add_callback(Whole())
        return trainer

    def chat(self, tokenizer: Any, model: Any) -> ChatTokens:
        ends = model.generation_config.eos_token_id
        known = ends if isinstance(ends, list) else [ends] if ends is not None else []
        # Models that think are asked to write their thought into the message, where the limit of tokens counts it.
        return ChatTokens(tokenizer, known, enable_thinking=False)

    def reward(self, completions: list[Any], **columns: Any) -> list[Optional[float]]:
        rewards = souk_reward(completions, **columns)
        if self.plan["objective"]["estimator"] != "rloo":
            return rewards
        # TRL takes the mean of the whole group away: this makes it the mean of the others.
        group = self.plan["rollout"]["group"]
        return [None if reward is None else reward * group / (group - 1) for reward in rewards]

    # While the run goes on.

    def at(self, stage: str) -> None:
        left = None
        if self.tooks:
            recent = self.tooks[-5:]
            done = self.trainer.state.global_step // self.steps
            left = int((self.plan["iterations"] - done) * sum(recent) / len(recent) * 1000)
        self.beat.at(stage, left)

    def heard(self) -> None:
        """Ends rollouts that nobody waits for. Of several processes all hear it at the iteration's end."""
        if self.beat.word in ("cancel", "lost") and self.state.num_processes == 1:
            raise Stopped(self.beat.word)

    def rolled(self, rollouts: list[Rollout]) -> None:
        """Takes up what was played, before it is learnt from."""
        now = self.trainer.now
        now.rollouts = rollouts
        now.rolled_s = time.monotonic() - now.began
        names = {rollout.seen.reward_name for rollout in rollouts if rollout.seen and rollout.seen.reward_name}
        if any(name.split("/")[0] != self.plan["reward"]["name"] for name in names):
            raise Refused(f"Souk scores by {', '.join(sorted(names))}, the plan by {self.plan['reward']['name']}")
        if all(rollout.reward is None for rollout in rollouts):
            last = next((rollout.failure for rollout in reversed(rollouts) if rollout.failure), "nothing was scored")
            raise RuntimeError(f"all negotiations of an iteration failed; the last one thus: {last}")
        some = self.plan.get("keep", {}).get("divergence_of", 32)
        now.kl = self.divergence([rollout for rollout in rollouts if rollout.failure is None][:some])
        self.at("update")

    def divergence(self, rollouts: Sequence[Rollout]) -> Optional[float]:
        """Mean divergence of what was drawn from the base, in nats a token."""
        if not rollouts:
            return None
        model = self.trainer.accelerator.unwrap_model(self.trainer.model)
        with self.trainer.accelerator.autocast():
            if isinstance(model, PeftModel):
                with model.disable_adapter():
                    away = [_away(model, rollout) for rollout in rollouts]
            else:
                if self.reference is None:
                    loaded = AutoModelForCausalLM.from_pretrained(self.base, dtype=model.dtype)
                    self.reference = loaded.to(model.device).eval()
                away = [_away(self.reference, rollout) for rollout in rollouts]
        every = torch.cat(away).double()
        return float((every.exp() - every - 1).mean()) if every.numel() else None

    def ends(self, number: int) -> Word:
        """Tells an iteration (from 1) that is over, and keeps its weights where the plan says so."""
        now = self.trainer.now
        took = time.monotonic() - now.began
        mine = [(row, advantage, now.kl, now.gap) for row, advantage in zip(now.rollouts, now.advantages)]
        everything = gather_object(mine) if self.state.num_processes > 1 else mine
        if self.is_main:
            self.tooks.append(took)
            group = self.plan["rollout"]["group"]
            groups = [everything[n : n + group] for n in range(0, len(everything), group)]
            rows = [[Rolled(row, advantage) for row, advantage, *_ in of] for of in groups]
            for of in rows:
                limits = self.limits(of)
                for one in of:
                    one.limits = limits
            figures = self.figures(rows, took, everything)
            self.first = self.first or figures
            (self.states / "first.json").write_text(json.dumps(self.first))
            told = self.link.tell(
                {
                    "kind": "iteration", "number": number, "took_ms": int(took * 1000), "metrics": figures,
                    "alarms": alarms(self.first, figures, {**THRESHOLDS, **self.plan.get("alarms", {})}),
                    "rollouts": [
                        self.line(g, m, one) for g, of in enumerate(rows) for m, one in enumerate(of) if one.rollout.seen
                    ],
                }
            )
            self.beat.hear(told)
            log.info("iteration %d: reward %s, %.1f s", number, figures["reward"], took)
        every = self.plan.get("keep", {}).get("every", 10)
        is_last = number >= self.plan["iterations"]
        if is_last or (every > 0 and number % every == 0):
            self.keep(number, figures["reward"] if self.is_main else None)
        word: Word = self._shared(self.beat.word if self.is_main else None)
        self.beat.hear(word)
        self.at("rollout")
        return word

    def line(self, group: int, member: int, one: Rolled) -> dict[str, Any]:
        rollout = one.rollout
        assert rollout.seen is not None
        side = {
            "role": one.role, "reward": rollout.reward if one.is_scored else None, "advantage": one.advantage,
            "truncated": rollout.truncated, "ids": rollout.ids, "own": rollout.own,
            # As far as they are exact.
            "logp": [round(value, 6) for value in rollout.logp],
            "entropy": [round(value, 6) for value in rollout.entropy],
        }
        name = rollout.scenario.opponent or ""
        opponent = "base" if name == self.plan["base"] else name
        return {"group": group, "member": member, "opponent": opponent, "episode": rollout.seen.episode, "sides": [side]}

    def limits(self, group: Sequence[Rolled]) -> Optional[Limits]:
        """Of a group's scenario: its product's, else as one of its episodes tells them."""
        if (product := group[0].rollout.scenario.product) in self.known:
            return self.known[product]
        over = [one.rollout.seen for one in group if one.is_scored and one.rollout.seen]
        return self.link.limits(over[0].episode) if over else None

    def figures(self, groups: Sequence[Sequence[Rolled]], took: float, everything: Sequence[Any]) -> Figures:
        now, rows = self.trainer.now, [one for of in groups for one in of]

        def logs(name: str) -> Optional[float]:
            return mean(entry.get(name) for entry in now.logs)

        drawn = sum(len(one.rollout.logp) for one in rows)
        read = sum(len(one.rollout.ids) for one in rows)
        update_s = max(took - now.rolled_s, 1e-9)
        iteration = max(self.trainer.state.global_step - 1, 0) // self.steps
        flat = [is_flat([one.rollout.reward for one in of]) for of in groups]
        return {
            **of_role(rows),
            "zero_variance_groups": sum(flat) / len(flat) if flat else None,
            "rollout_s": now.rolled_s,
            "update_s": update_s,
            "rollout_tokens_per_s": drawn / max(now.rolled_s, 1e-9),
            "update_tokens_per_s": read * self.plan["objective"]["epochs"] / update_s,
            "tokens_read": float(read),
            "tokens_drawn": float(drawn),
            "episodes": float(len(rows)),
            "loss": logs("loss"),
            "entropy": logs("entropy"),
            # TRL does not tell the ratios themselves.
            "ratio_mean": None,
            "ratio_max": None,
            "clip_low": logs("clip_ratio/low_mean"),
            "clip_high": logs("clip_ratio/high_mean"),
            "gradient_norm": logs("grad_norm"),
            "rate": self.plan["learning"]["rate"] * rate(self.plan, iteration),
            "sampler_gap": mean(gap for *_, gap in everything),
            "kl": mean(kl for *_, kl, _ in everything),
        }

    def keep(self, number: int, reward: Optional[float]) -> None:
        """Writes the weights as they can be loaded anywhere, and sends them."""
        self.at("checkpoint")
        trainer = self.trainer
        weights = trainer.accelerator.get_state_dict(trainer.model)
        if self.is_main:
            folder = self.folder / f"model-{number}"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            export(trainer.accelerator.unwrap_model(trainer.model), weights, self.base, self.plan["base"], folder)
            files = sorted(folder.iterdir())
            for file in files:
                self.link.put(number, file)
            listed = [describe(file) for file in files]
            self.beat.hear(self.link.tell({"kind": "checkpoint", "iteration": number, "reward": reward, "files": listed}))
        self.state.wait_for_everyone()


class Whole(TrainerCallback):
    """Marks a state that was written to its end: one that was cut off is not gone on from."""

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            (Path(args.output_dir) / f"checkpoint-{state.global_step}" / "whole").touch()


def _away(model: Any, rollout: Rollout) -> torch.Tensor:
    """Log-probabilities of own tokens under a model, less those that they were drawn with."""
    ids = torch.tensor([rollout.ids], device=model.device)
    own = torch.tensor(rollout.own, device=model.device)[1:]
    with torch.no_grad():
        scores = torch.log_softmax(model(input_ids=ids).logits[0, :-1].float(), dim=-1)
    told = scores.gather(1, ids[0, 1:, None]).squeeze(1)[own]
    return (told - torch.tensor(rollout.logp, device=model.device)).cpu()


def export(model: Any, weights: dict[str, torch.Tensor], base: Path, name: str, folder: Path) -> None:
    """An adapter as PEFT writes it, else a whole model's folder in the base's own precision."""
    if isinstance(model, PeftModel):
        model.save_pretrained(str(folder), state_dict=weights, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)
        config = json.loads((folder / "adapter_config.json").read_text())
        (folder / "adapter_config.json").write_text(json.dumps({**config, "base_model_name_or_path": name}, indent=2))
        return
    told = json.loads((base / "config.json").read_text())
    kind = getattr(torch, told.get("torch_dtype") or told.get("dtype") or "bfloat16")
    if told.get("tie_word_embeddings"):
        weights = {key: value for key, value in weights.items() if key != "lm_head.weight"}
    save_file(
        {key: value.detach().to("cpu", kind).contiguous() for key, value in weights.items()},
        folder / "model.safetensors", metadata={"format": "pt"},
    )
    for file in OF_THE_BASE:
        if (base / file).is_file():
            shutil.copyfile(base / file, folder / file)


def describe(file: Path) -> dict[str, Any]:
    return {"name": file.name, "bytes": file.stat().st_size, "sha256": sha256(file)}


def fault(error: BaseException) -> tuple[str, str]:
    """A stable code and a sentence for what ended a run."""
    text = " ".join(str(error).split()) or type(error).__name__
    low = text.lower()
    if isinstance(error, NotFinite) or "contains either `inf`, `nan`" in low:
        return "not_finite", f"The weights are no numbers any more: {text}. Take a lower rate."
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "can't allocate memory" in low or "out of memory" in low:
        return "out_of_memory", f"The memory was not enough: {text}. Take a smaller learning.micro_tokens or rollout.at_once."
    if isinstance(error, OSError) and error.errno == 28:
        return "disk_full", f"The disk is full: {text}."
    if isinstance(error, Refused):
        return "settings", f"{text}."
    if isinstance(error, SoukError):
        return ("settings" if error.code == "VALIDATION_ERROR" else "opponent"), f"Souk's environment: {text}."
    if isinstance(error, Corrupt):
        return "corrupt", f"{text}."
    return "internal", f"{type(error).__name__}: {text}"[:2000]


def run(link: Link, address: str, token: Optional[str], folder: Path, style: Style) -> int:
    """From spec to end. The exit status: 0 where all was told, else what a person should look at."""
    job: Optional[Run] = None
    end: dict[str, Any] = {"kind": "end", "code": None, "sentence": None}
    try:
        job = Run(link, address, token, folder, style)
        job.work()
    except Stopped as stopped:
        log.info("stopped: %s", stopped)
        if str(stopped) == "lost":
            return 0
    except Gone as error:
        log.error("Souk does not know this job any more: %s", error)
        return 3
    except Away as error:
        log.error("Souk was away for too long: %s", error)
        return 4
    except Exception as error:  # noqa: BLE001 - the end of the run is told, whatever it is
        if isinstance(error, InvalidStatus) and error.response.status_code in (401, 403, 410):
            log.error("Souk's environment does not know this job any more: %s", error)
            return 3
        log.exception("the run failed")
        end["code"], end["sentence"] = fault(error)
    finally:
        if job is not None:
            job.beat.stop()
    if job is None or not job.is_main:
        return 1 if end["code"] else 0
    gc.collect()
    try:
        link.tell(end)
    except (Gone, Away) as error:
        log.error("the end could not be told: %s", error)
        return 4
    return 1 if end["code"] else 0


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where base, states and checkpoints lie; the same one goes on with a run")
    parser.add_argument("--style", default="compact", choices=["compact", "standard"], help="of Souk's messages")
    parser.add_argument("--patience", type=float, default=600.0, help="seconds for which an unreachable Souk is tried")
    parser.add_argument("--standalone", action="store_true", help="without a job: --base, --plan, --address, --out")
    parser.add_argument("--base", type=Path, help="a model's folder")
    parser.add_argument("--plan", type=Path, help="a plan as JSON")
    parser.add_argument("--address", default="http://127.0.0.1:3030")
    parser.add_argument("--token", help="an API key; without one each rollout is a visitor's")
    parser.add_argument("--out", type=Path, help="a file for lines")
    args = parser.parse_args()
    if args.standalone:
        if not (args.base and args.plan and args.out):
            parser.error("--standalone needs --base, --plan and --out")
        address, token, name = args.address, args.token, "alone"
        link: Link = Alone(args.base, args.plan, args.out, address, token)
    else:
        try:
            address, token, name = (os.environ[key] for key in ("SOUK_ADDRESS", "SOUK_JOB_TOKEN", "SOUK_RUN"))
        except KeyError as missing:
            parser.error(f"{missing} is not set: this is a job's program, or take --standalone")
        link = Souk(address, name, token, patience=args.patience)
    told = os.environ.get("SOUK_JOB_FOLDER")
    folder = args.folder or (Path(told) if told else Path(tempfile.gettempdir()) / "souk-jobs" / Path(name).name)
    return run(link, address, token, folder.absolute(), args.style)


if __name__ == "__main__":
    sys.exit(main())
