"""The folder of an operator, read from disk: ``platform.yaml``, ``tenants/*.yaml``, ``policies/*.yaml``.

The only module here that touches files. Everything it finds wrong is collected; nothing stops at the first error.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from provisioner.config.fleet import Fleet, check_together
from provisioner.config.platform import PlatformDraft, parse_platform, parse_policy
from provisioner.config.policy import Options
from provisioner.config.problem import Code, Problem
from provisioner.config.tenant import Draft, parse_tenant
from provisioner.config.text import MAX_BYTES
from provisioner.config.wiring import rule_options
from provisioner.errors import ConfigError
from provisioner.model.tenant import Platform, Tenant

Read = Callable[[Path], bytes]
Problems = tuple[Problem, ...]


class Loaded(msgspec.Struct, frozen=True):
    """Tenants in the order of their ids, and every problem in the order of files and lines."""

    tenants: tuple[Tenant, ...]
    problems: Problems


def read_bounded(path: Path) -> bytes:
    """The file's content, at most one byte more than is allowed."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def load_tenants(
    folder_or_files: Path | Iterable[Path],
    *,
    read: Read = read_bounded,
    options: Options | None = None,
    root: Path | None = None,
) -> Loaded:
    """Every tenant of a folder (or of the given files). Messages name files relative to ``root``."""
    drafts, problems = _read_tenants(folder_or_files, read, options, root)
    check_together(drafts)
    problems += [problem for draft in drafts for problem in draft.reading.problems]
    return Loaded(_tenants(drafts), _sorted(problems))


def load_platform(path: Path, *, read: Read = read_bounded, options: Options | None = None) -> Platform | Problems:
    """``platform.yaml`` with its policy file merged in, or every problem of both."""
    draft, problems = _read_platform(path, read, options)
    policy, policy_problems = _read_named_policy(draft, path.parent, read, options)
    problems += policy_problems
    if draft is None or draft.platform is None or problems:
        return _sorted(problems)
    return _with_policy(draft.platform, policy)


def load_policy_file(
    path: Path, *, read: Read = read_bounded, options: Options | None = None, root: Path | None = None
) -> dict[str, Any] | Problems:
    """The options in one policy file by full name, or every problem."""
    name = _name(path, root)
    content = _content(path, name, read)
    if isinstance(content, Problem):
        return (content,)
    values, problems = parse_policy(name, content, options)
    return _sorted(problems) if problems else values


def load_fleet(root: Path, *, read: Read = read_bounded, options: Options | None = None) -> Fleet:
    """The whole folder. Raises ConfigError that lists every problem of every file, one a line."""
    options = options if options is not None else rule_options()
    platform, problems = _read_platform(root / "platform.yaml", read, options, root)
    drafts, tenant_problems = _read_tenants(root / "tenants", read, options, root)
    check_together(drafts, platform)
    policies = {path: load_policy_file(path, read=read, options=options, root=root) for path in _policies(root)}
    policy, named_problems = _read_named_policy(platform, root, read, options)
    problems += tenant_problems + named_problems
    problems += [problem for draft in drafts for problem in draft.reading.problems]
    problems += [problem for found in policies.values() if isinstance(found, tuple) for problem in found]
    if problems or platform is None or platform.platform is None:
        raise config_error(_sorted(problems))
    return Fleet(_with_policy(platform.platform, policy), _tenants(drafts))


def config_error(problems: Problems) -> ConfigError:
    """The error that shows ``problems``, one a line."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return ConfigError("\n".join(str(problem) for problem in problems), hint=f"{count}; nothing was changed")


def _read_tenants(
    folder_or_files: Path | Iterable[Path], read: Read, options: Options | None, root: Path | None
) -> tuple[list[Draft], list[Problem]]:
    problems: list[Problem] = []
    drafts: list[Draft] = []
    try:
        paths = _listed(folder_or_files) if isinstance(folder_or_files, Path) else sorted(folder_or_files)
    except OSError as error:
        return [], [_unreadable(_name(Path(str(folder_or_files)), root), error)]
    for path in paths:
        name = _name(path, root)
        if path.suffix != ".yaml":
            problems.append(_problem(name, Code.FILE_ENDING, "would be left out", "rename it to end in .yaml"))
        elif isinstance(content := _content(path, name, read), Problem):
            problems.append(content)
        else:
            drafts.append(parse_tenant(name, content, options))
    return drafts, problems


def _listed(folder: Path) -> list[Path]:
    """Files of tenants, and those that look as if they were meant to be."""
    if folder.is_file():
        return [folder]
    endings = (".yaml", ".yml", ".json")
    return sorted(path for path in folder.iterdir() if path.name.lower().endswith(endings) and path.name[0] != ".")


def _policies(root: Path) -> list[Path]:
    folder = root / "policies"
    return sorted(folder.glob("*.yaml")) if folder.is_dir() else []


def _read_platform(
    path: Path, read: Read, options: Options | None, root: Path | None = None
) -> tuple[PlatformDraft | None, list[Problem]]:
    name = _name(path, root or path.parent)
    content = _content(path, name, read, "is this the right folder? (-C names another one)")
    if isinstance(content, Problem):
        return None, [content]
    draft = parse_platform(name, content, options)
    return draft, draft.reading.problems


def _read_named_policy(
    draft: PlatformDraft | None, root: Path, read: Read, options: Options | None
) -> tuple[dict[str, Any], list[Problem]]:
    if draft is None or draft.policy_file is None:
        return {}, []
    path = root / draft.policy_file
    if not path.is_file():
        mark = draft.reading.mark("policy")
        return {}, [Problem(file=draft.reading.file, line=mark.line, column=mark.column, field="policy",
                            message=f"there is no file {draft.policy_file}", code=Code.POLICY_FILE)]  # fmt: skip
    found = load_policy_file(path, read=read, options=options, root=root)
    return (found, []) if isinstance(found, dict) else ({}, list(found))


def _with_policy(platform: Platform, policy: dict[str, Any]) -> Platform:
    return msgspec.structs.replace(platform, policy=policy | platform.policy)


def _tenants(drafts: Iterable[Draft]) -> tuple[Tenant, ...]:
    found = (draft.tenant for draft in drafts if draft.tenant is not None and not draft.reading.problems)
    return tuple(sorted(found, key=lambda tenant: tenant.id))


def _content(path: Path, name: str, read: Read, hint: str = "") -> bytes | Problem:
    try:
        return read(path)
    except OSError as error:
        return _unreadable(name, error, hint)


def _unreadable(name: str, error: OSError, hint: str = "") -> Problem:
    return _problem(name, Code.UNREADABLE, f"cannot be read: {error.strerror or type(error).__name__}", hint)


def _problem(name: str, code: Code, message: str, hint: str) -> Problem:
    return Problem(file=name, line=1, column=1, field="", message=message, code=code, hint=hint)


def _name(path: Path, root: Path | None) -> str:
    """How messages name a file: relative to the operator's folder, with forward slashes."""
    if root is None or not path.is_relative_to(root):
        return path.as_posix()
    return path.relative_to(root).as_posix()


def _sorted(problems: Iterable[Problem]) -> Problems:
    """In reading order, each once (a policy file may be reached by two ways)."""
    return tuple(sorted(set(problems), key=lambda problem: problem.order))
