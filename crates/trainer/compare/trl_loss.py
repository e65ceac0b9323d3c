"""TRL's GRPO loss on made-up log-probabilities, with its slopes, for a test without Python. See README.md."""

import json
import sys
from collections import defaultdict
from types import SimpleNamespace

import torch
import trl
from trl import GRPOTrainer

torch.set_default_dtype(torch.float64)
MOST = 6  # the longest rollout
# Name there, clips, weight of the divergence, weight of the entropy, truncation; ours are in `rl::loss`.
CASES = [
    ("dapo", 0.2, 0.28, 0.0, 0.0, 2.0),
    ("dapo", 0.2, 0.28, 0.04, 0.01, 2.0),
    ("grpo", 0.2, 0.2, 0.1, 0.0, 1.5),
    ("dr_grpo", 0.1, 0.3, 0.02, 0.0, 3.0),
]


class Accelerator:
    num_processes, sync_gradients = 1, False

    def gather(self, x):
        return x

    def reduce(self, x, reduction):
        return x


def loss(case, batch):
    kind, low, high, kl, bonus, truncate = case
    logps, entropies = (batch[name].clone().requires_grad_() for name in ("logp", "entropy"))
    mask, old = batch["mask"], batch["old"]
    trainer = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *_, **__: (logps, entropies, None),
        model=SimpleNamespace(training=True),
        args=SimpleNamespace(use_bias_correction_kl=False, delta=None, steps_per_generation=1),
        accelerator=Accelerator(), _metrics={"train": defaultdict(list)},
        aux_loss_enabled=False, top_entropy_quantile=1.0, off_policy_mask_threshold=None,
        importance_sampling_level="token", current_gradient_accumulation_steps=1,
        loss_type=kind, epsilon_low=low, epsilon_high=high, beta=kl, max_completion_length=MOST,
        _entropy_bonus_enabled=bonus > 0, use_adaptive_entropy=False, entropy_coef=bonus,
        use_vllm=True, vllm_importance_sampling_correction=True,
    )
    inputs = {
        "prompt_ids": torch.zeros(len(mask), 1), "prompt_mask": torch.ones(len(mask), 1),
        "completion_ids": torch.zeros_like(mask), "completion_mask": mask,
        "advantages": batch["advantage"], "old_per_token_logps": old,
        "ref_per_token_logps": batch["reference"], "num_items_in_batch": mask.sum(),
        "importance_sampling_ratio": torch.exp(old - batch["drawn"]).clamp(max=truncate),
    }
    value = GRPOTrainer._compute_loss(trainer, None, inputs)
    slopes = torch.autograd.grad(value, [logps, entropies], allow_unused=True)
    slopes = [torch.zeros_like(logps) if slope is None else slope for slope in slopes]
    return value.item(), *(slope[mask > 0].tolist() for slope in slopes)


def main(file):
    torch.manual_seed(7)
    lens = [6, 2, 4, 5]
    shape = (len(lens), MOST)
    old = -3 * torch.rand(shape)
    batch = {
        "mask": (torch.arange(MOST) < torch.tensor(lens).unsqueeze(1)).double(),
        "old": old,
        "logp": old + 0.4 * torch.randn(shape),
        "drawn": old + 0.3 * torch.randn(shape),
        "reference": old + 0.5 * torch.randn(shape),
        "entropy": 2 * torch.rand(shape),
        "advantage": torch.tensor([0.8, -0.5, -1.1, 0.6]),
    }
    own = batch["mask"] > 0
    told = {name: batch[name][own].tolist() for name in ("logp", "entropy", "old", "drawn", "reference")}
    cases = []
    for case in CASES:
        value, d_logp, d_entropy = loss(case, batch)
        names = ("kind", "clip_low", "clip_high", "kl", "entropy_bonus", "truncate")
        cases.append({**dict(zip(names, case)), "loss": value, "d_logp": d_logp, "d_entropy": d_entropy})
    text = {"trl": trl.__version__, "most": MOST, "lens": lens, "advantage": batch["advantage"].tolist(), **told, "cases": cases}
    with open(file, "w") as out:
        json.dump(text, out, indent=1)
        out.write("\n")


main(sys.argv[1])
