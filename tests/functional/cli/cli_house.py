"""An operator's folder, and command lines run in this process."""

import json

from provisioner.cli.main import run

TENANTS = ("bakery", "cinema", "florist")
# Seven bounces suspend: enough to see how many addresses are shown, and few enough to be quick.
PLATFORM = """\
region: eu-central-1
name: inn
operator: {name: Erika, email: operator@host.example}
sender: notices@innkeeper.example
policy: {hard.tenant.small.suspend: 7}
"""
TENANT = """\
id: {name}
name: {title}
domain: {name}.example
contacts: [owner@mail.example]
dns: external
"""


def write_folder(folder):
    (folder / "tenants").mkdir(parents=True)
    (folder / "platform.yaml").write_text(PLATFORM)
    for name in TENANTS:
        text = TENANT.format(name=name, title=name.title())
        (folder / "tenants" / f"{name}.yaml").write_text(text)
    return folder


class Terminal:
    """Runs command lines in this process as a script would: in a pipe, nobody to ask."""

    def __init__(self, folder, capsys):
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *arguments, expect=0):
        """(standard output, standard error) of one command."""
        self._capsys.readouterr()
        code = run([*arguments, "-C", str(self.folder)])
        out, err = self._capsys.readouterr()
        assert code == expect, f"exit code {code}, not {expect}\n{out}\n{err}"
        return out, err

    def json(self, *arguments, expect=0):
        """What a command prints with --format json; that must be the whole standard output."""
        out, _ = self(*arguments, "--format", "json", expect=expect)
        return json.loads(out)

    def fails(self, *arguments, expect=1):
        """The one line of an error and the line with its cure; nothing on standard output."""
        out, err = self(*arguments, expect=expect)
        assert out == ""
        lines = err.splitlines()
        assert len(lines) == 2, err
        assert lines[1].startswith("  → ")
        return " ".join(line.strip() for line in lines)
