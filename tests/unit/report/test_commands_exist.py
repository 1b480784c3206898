"""Whatever people are told to type must be there, with the arguments that the command takes."""

import re
import shlex
from pathlib import Path

import click
import pytest
from report_samples import NOW, a_manifest, a_notice, a_report, a_standing, evidence

from provisioner import report
from provisioner.cli.main import GROUPS, VERBS, innkeeper
from provisioner.model.standing import Enforcement, Proposal, State
from provisioner.report.behaviour import render_report
from provisioner.report.digest import build_digest, render_digest
from provisioner.report.notices import _COMMANDS, audiences, render_notice

PACKAGE = Path(report.__file__).parents[1]
TOLD = re.compile(r"\binnkeeper ([a-z]+(?:-[a-z]+)*)((?: (?:\"[^\"]*\"|[^\s\"'`]+))*)")
# What follows "innkeeper" in running text and is no command.
PROSE = {"has", "is", "does"}


def told(text):
    """The commands in a text: verb and the words after it, up to the end of the line."""
    return [(verb, rest) for verb, rest in TOLD.findall(text) if verb not in PROSE]


def parsed(verb, words):
    """Parse as the program would, without running anything. Raises click.UsageError for what it does not take."""
    program = click.Context(innkeeper, **innkeeper.context_settings)
    command = innkeeper.get_command(program, verb)
    assert command is not None, f"there is no command {verb!r}"
    command.make_context(verb, words, parent=program)


@pytest.mark.parametrize("audience", ["tenant", "operator"])
@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("kind", sorted({*_COMMANDS, "relay", "policy", "content", "good", "unblocked", "new-kind"}))
def test_every_command_in_a_notice_can_be_typed_as_it_stands(kind, complete, audience):
    notice = a_notice(kind, recipients=("anna@acme.example",))
    if audience not in audiences(notice):
        pytest.skip("not for them")
    state = {"suspended": State.SUSPENDED, "terminated": State.TERMINATED}.get(kind, State.GOOD)
    proposal = Proposal(id="p1", at=NOW, action="terminate", evidence=evidence())
    done = Enforcement(at=NOW, complete=complete)
    mail = render_notice(
        notice, a_manifest(), a_standing(state, enforcement=done, proposals=(proposal,)), audience=audience
    )
    lines = [line.strip() for line in mail.text.splitlines() if line.strip().startswith("innkeeper ")]
    assert bool(lines) is (audience == "operator")
    for line in lines:
        _, verb, *words = shlex.split(line)
        parsed(verb, words)


def test_every_command_in_reports_can_be_typed():
    reported = a_report(proposals=("terminate: twice within 180 days",), unenforced=("deny policy",))
    digest = render_digest(build_digest([reported], fleet=["bakery", "gone"], week="2026-W48", now=NOW, alerts=("x",)))
    for page in (render_report(reported), digest):
        for text in (page.text, page.html):
            assert {verb for verb, _ in told(text)} <= set(VERBS)


SOURCES = sorted(
    path
    for path in PACKAGE.rglob("*")
    if path.suffix in {".py", ".j2", ".php"} and "__pycache__" not in path.parts and "sandbox" not in path.parts
)


def test_every_command_named_anywhere_in_the_program_exists():
    """Hints of errors, texts of rules, templates, the plugin: a verb that was renamed is found here."""
    unknown = {}
    for path in SOURCES:
        found = {verb for verb, _ in told(path.read_text(encoding="utf-8"))} - set(VERBS)
        if found:
            unknown[str(path.relative_to(PACKAGE))] = sorted(found)
    assert unknown == {}


def test_no_text_sends_people_to_a_command_that_is_planned():
    """Commands are also named alone, in `backquotes`: those that look like one of ours must be one."""
    planned = {"dashboard"} - set(VERBS)
    named = re.compile(rf"`({'|'.join(sorted(planned))})`|innkeeper ({'|'.join(sorted(planned))})\b")
    assert [path.name for path in SOURCES if named.search(path.read_text(encoding="utf-8"))] == []


def test_every_verb_of_the_help_is_a_module():
    for verb in (verb for group in GROUPS.values() for verb in group):
        assert innkeeper.get_command(click.Context(innkeeper), verb) is not None
