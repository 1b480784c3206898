"""Write the tables in terraform/modules/*/README.md from the modules themselves: python tools/write_module_readmes.py

Reads the little of HCL that variables, outputs and resources are written in. What stands before the marker is a
person's; the tables after it are not.
"""

import re
from collections.abc import Iterator
from pathlib import Path

MODULES = Path(__file__).resolve().parent.parent / "terraform" / "modules"
MARKER = "<!-- Below: written by tools/write_module_readmes.py; a test fails when it is out of date. -->"
_TEXT = r'"((?:[^"\\]|\\.)*)"'


def blocks(text: str, kind: str) -> Iterator[tuple[str, str]]:
    """Every ``kind "name" {…}`` at the left margin: name and what is between its braces."""
    for found in re.finditer(rf'^{kind} "([\w"\s]+)" \{{\n(.*?)^\}}', text, re.MULTILINE | re.DOTALL):
        yield found[1].replace('" "', "."), found[2]


def argument(block: str, name: str) -> str | None:
    """The value of an argument as written, on one line; None where there is none."""
    found = re.search(rf"^  {name}\s*=\s*(.*)", block, re.MULTILINE)
    if found is None:
        return None
    value = found[1]
    if value.rstrip().endswith(("{", "(", "[")):  # until its closing bracket, at its own depth
        rest = block[found.end() :]
        value += rest[: re.search(r"^  [}\])]+", rest, re.MULTILINE).end()]  # type: ignore[union-attr]
    return _one_line(value)


def _one_line(value: str) -> str:
    lines = [line.partition(" #")[0].strip() for line in value.splitlines()]
    joined = ", ".join(re.sub(r"\s+", " ", line) for line in lines if line)
    joined = re.sub(r"([{(\[]),", r"\1", joined)
    return re.sub(r"\s+=", " =", re.sub(r", ([}\])])", r" \1", joined)).strip()


def said(block: str) -> str:
    """The description."""
    found = re.search(rf"^  description\s*=\s*{_TEXT}", block, re.MULTILINE)
    assert found, "no description"
    return found[1].replace('\\"', '"').replace("|", "\\|")


def _cell(code: str) -> str:
    return "`" + code.replace("|", "\\|") + "`"


def tables(folder: Path) -> str:
    """Inputs, outputs and resources of a module."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.tf")))
    inputs = []
    for name, block in sorted(blocks(text, "variable")):
        default = argument(block, "default")
        kind = argument(block, "type") or "any"
        inputs.append(f"| `{name}` | {said(block)} | {_cell(kind)} | {'required' if default is None else _cell(default)} |")
    outputs = [f"| `{name}` | {said(block)} |" for name, block in sorted(blocks(text, "output"))]
    made = sorted({name.partition(".")[0] for name, _ in blocks(text, "resource")})
    return "\n".join(
        [
            MARKER,
            "",
            "## Inputs",
            "",
            "| name | what | type | default |",
            "| --- | --- | --- | --- |",
            *inputs,
            "",
            "## Outputs",
            "",
            "| name | what |",
            "| --- | --- |",
            *outputs,
            "",
            "## Types of resources",
            "",
            ", ".join(f"`{name}`" for name in made),
            "",
        ]
    )


def readme(folder: Path) -> str:
    """A module's README as it should be."""
    head, marker, _ = (folder / "README.md").read_text(encoding="utf-8").partition(MARKER)
    assert marker, f"{folder.name}/README.md has no marker"
    return head + tables(folder)


if __name__ == "__main__":
    for module in sorted(path.parent for path in MODULES.glob("*/variables.tf")):
        (module / "README.md").write_text(readme(module), encoding="utf-8")
        print(f"terraform/modules/{module.name}/README.md")
