"""The one place where reading YAML meets the rules: by name and at run time, so that neither needs the other."""

import importlib
from typing import Any


def rule_options() -> Any:
    """Return the options that the rules declare (``provisioner.rules.OPTIONS``): name → option."""
    return importlib.import_module("provisioner.rules").OPTIONS
