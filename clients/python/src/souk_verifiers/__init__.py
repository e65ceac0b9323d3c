"""Souk's environment by the name under which `verifiers` finds it: `souk-verifiers`."""

from souk_env.verifiers import SoukHarness, SoukTable, SoukTaskset, load_environment

__all__ = ["SoukHarness", "SoukTable", "SoukTaskset", "load_environment"]
