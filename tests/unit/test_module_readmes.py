"""The modules' READMEs say what the modules take and give."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("write_module_readmes", ROOT / "tools" / "write_module_readmes.py")
writer = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(writer)
MODULES = sorted(path.parent for path in writer.MODULES.glob("*/variables.tf"))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_the_tables_are_fresh(module):
    committed = (module / "README.md").read_text(encoding="utf-8")
    assert committed == writer.readme(module), "run: python tools/write_module_readmes.py"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_the_example_gives_exactly_what_is_required_and_what_exists(module):
    text = (module / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```hcl\n(.*?)```", text, re.DOTALL)
    given = set(re.findall(r"^  (\w+)\s*=", example, re.MULTILINE)) - {"source"}
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.+) \|$", text.partition("## Outputs")[0], re.MULTILINE)
    assert given == {name for name, default in rows if default == "required"}
    assert f'source = "./modules/{module.name}"' in example


def test_values_of_several_lines_end_where_they_end():
    block = "  type = object({\n    a = string\n    b = optional(list(number), [1, 2]) # why\n  })\n  default  = {}\n"
    assert writer.argument(block, "type") == "object({ a = string, b = optional(list(number), [1, 2]) })"
    assert writer.argument(block, "default") == "{}"
    assert writer.argument(block, "nullable") is None
