"""Terraform for one root: initialise, plan, apply, read. The only importer of python_terraform.

Its command building is used, its running is not: that gives no environment per call, no progress and no Ctrl-C.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from python_terraform import IsFlagged
from python_terraform import Terraform as Commands

from provisioner.terraform.binary import Binary, find_binary
from provisioner.terraform.mirror import cli_config, find_mirror, locked_version
from provisioner.terraform.plans import destructions, is_empty, lifting, replacements
from provisioner.terraform.problems import CancelledError, TerraformError, translate
from provisioner.terraform.process import Done, Processes, clean_environment
from provisioner.terraform.progress import Diagnostic, Progress, read_line

__all__ = [
    "Installation",
    "Terraform",
    "TerraformError",
    "Versions",
    "destructions",
    "find_installation",
    "folder_hash",
    "is_empty",
    "lifting",
    "replacements",
]

PLAN_FILE = "innkeeper.tfplan"
_NO_CHANGES, _CHANGES = 0, 2  # of plan -detailed-exitcode


class Installation(msgspec.Struct, frozen=True):
    """Which Terraform runs, and where its provider comes from (``mirror`` None: the registry)."""

    binary: Binary
    cache: Path
    mirror: Path | None


class Versions(msgspec.Struct, frozen=True):
    """What ran."""

    terraform: str
    provider: str | None
    source: str

    def __str__(self) -> str:
        return f"Terraform {self.terraform}, hashicorp/aws {self.provider or '(not installed yet)'} from {self.source}"


def find_installation(
    env: Mapping[str, str] | None = None, *, cache: Path | None = None, mirror: Path | None = None
) -> Installation:
    """Find both. ``cache`` is a folder for what may be deleted at any time (default: the user's cache folder)."""
    env = os.environ if env is None else env
    base = Path(env.get("XDG_CACHE_HOME") or Path(env.get("HOME", ".")) / ".cache")
    cache = (cache or base / "innkeeper" / "terraform").resolve()
    cache.mkdir(parents=True, exist_ok=True)
    return Installation(find_binary(env, cache), cache, find_mirror(env, mirror))


def folder_hash(folder: Path) -> str:
    """A short hash of a module's code, its tests left out."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.tf")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class Terraform:
    """One root folder. ``module`` is copied into it as ``module/``; ``on_progress`` hears what Terraform is at."""

    def __init__(
        self,
        root: Path,
        installation: Installation,
        *,
        env: Mapping[str, str] | None = None,
        module: Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        lock_timeout_s: int = 120,
        parallelism: int = 16,
    ) -> None:
        self.root = root
        self.installation = installation
        self._module = module
        self._on_progress = on_progress
        self._lock_timeout = f"{lock_timeout_s}s"
        self._parallelism = parallelism
        # A state path that does not exist: the library would otherwise try to read one when made.
        self._commands = Commands(terraform_bin_path=installation.binary.path, state="read-no-state")
        self._processes = Processes(root, clean_environment(os.environ if env is None else env, self._settings()))

    def _settings(self) -> dict[str, str]:
        cache = self.installation.cache
        settings = {"TF_CLI_CONFIG_FILE": str(cache / "cli.tfrc")}
        if self.installation.mirror is None:  # a mirror is linked into the root; the registry is not
            (cache / "plugins").mkdir(parents=True, exist_ok=True)
            settings["TF_PLUGIN_CACHE_DIR"] = str(cache / "plugins")
            settings["TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"] = "1"
        return settings

    def write(self, files: Mapping[str, str]) -> None:
        """Make the root hold exactly ``files``, and the module. State and provider stay."""
        self.root.mkdir(parents=True, exist_ok=True)
        for old in (*self.root.glob("*.tf"), *self.root.glob("*.tfvars.json"), self.root / PLAN_FILE):
            if old.name not in files:
                old.unlink(missing_ok=True)
        for name, text in files.items():
            (self.root / name).write_text(text, encoding="utf-8")
        if self._module is not None:
            shutil.rmtree(self.root / "module", ignore_errors=True)
            shutil.copytree(self._module, self.root / "module", ignore=shutil.ignore_patterns("tests", ".terraform*"))

    def init(self) -> None:
        """Install the provider and open the backend, unless that was done for these very settings."""
        marker = self.root / ".terraform" / "innkeeper-init"
        wanted = self._init_key()
        if marker.is_file() and marker.read_text() == wanted:
            return
        with self._installing():
            done = self._run("init", input=False, no_color=IsFlagged)
        if done.code != 0:
            raise translate("init", (), done.err or done.out)
        marker.parent.mkdir(exist_ok=True)  # Terraform makes none for a root without provider and backend
        marker.write_text(wanted)

    def _init_key(self) -> str:
        digest = hashlib.sha256(repr(self.installation).encode())
        for name in ("backend.tf", "main.tf", "provider.tf"):
            if (self.root / name).is_file():
                digest.update(name.encode() + (self.root / name).read_bytes())
        return digest.hexdigest()

    @contextmanager
    def _installing(self) -> Iterator[None]:
        """One at a time on this machine: Terraform's plugin cache is not safe for several."""
        cache = self.installation.cache
        with (cache / "init.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (cache / "cli.tfrc").write_text(cli_config(self.installation.mirror), encoding="utf-8")
            yield

    def validate(self) -> list[Diagnostic]:
        """What is wrong with the root, without asking AWS."""
        self.init()
        done = self._run("validate", json=IsFlagged, no_color=IsFlagged)
        found = json.loads(done.out)["diagnostics"]
        keys = ("severity", "summary", "detail")
        return [Diagnostic(**{key: str(item.get(key, "")) for key in keys}) for item in found]

    def plan(self, *, destroy: bool = False, refresh: bool = True) -> dict[str, Any]:
        """Plan, keep the plan for ``apply``, and give it as JSON (``terraform show -json``)."""
        self._refuse_unsaved_state()
        self.init()
        self._stream(
            "plan",
            (_NO_CHANGES, _CHANGES),
            out=PLAN_FILE,
            detailed_exitcode=IsFlagged,
            destroy=IsFlagged if destroy else None,
            refresh=None if refresh else False,
            lock_timeout=self._lock_timeout,
            parallelism=self._parallelism,
        )
        return self.show_json()

    def show_json(self) -> dict[str, Any]:
        """The plan just made."""
        done = self._run("show", PLAN_FILE, json=IsFlagged, no_color=IsFlagged)
        if done.code != 0:
            raise translate("show", (), done.err)
        return dict(json.loads(done.out))

    def apply(self) -> None:
        """Apply the plan just made; it is gone afterwards, whatever happened."""
        self._refuse_unsaved_state()
        try:
            self._stream(
                "apply", (0,), PLAN_FILE, lock_timeout=self._lock_timeout, parallelism=self._parallelism
            )
        finally:
            (self.root / PLAN_FILE).unlink(missing_ok=True)
            self._refuse_unsaved_state()

    def destroy(self) -> None:
        """Destroy everything in the state."""
        self.plan(destroy=True)
        self.apply()

    def outputs(self) -> dict[str, Any]:
        """The outputs of the last apply by name."""
        self.init()
        done = self._run("output", json=IsFlagged, no_color=IsFlagged)
        if done.code != 0:
            raise translate("output", (), done.err)
        return {name: entry["value"] for name, entry in json.loads(done.out).items()}

    def state_list(self) -> list[str]:
        """Addresses of everything in the state; none where there is no state yet."""
        self.init()
        done = self._run("state list")
        if done.code != 0 and "No state file was found" in done.err:
            return []
        if done.code != 0:
            raise translate("state list", (), done.err)
        return done.out.split("\n")[:-1]

    def versions(self) -> Versions:
        """Which Terraform and which provider this root uses."""
        lock = self.root / ".terraform.lock.hcl"
        provider = locked_version(lock.read_text(encoding="utf-8")) if lock.is_file() else None
        mirror = self.installation.mirror
        return Versions(self.installation.binary.version, provider, "the registry" if mirror is None else str(mirror))

    def interrupt(self) -> None:
        """From another thread: let Terraform finish what it is at, keep its state, and stop."""
        self._processes.interrupt()

    def _refuse_unsaved_state(self) -> None:
        if (self.root / "errored.tfstate").exists():
            raise TerraformError(
                f"a state that could not be stored lies in {self.root / 'errored.tfstate'}",
                hint="it knows of resources nothing else knows of. In that folder run: terraform state push "
                "errored.tfstate, then remove the file and repeat",
            )

    def _run(self, command: str, *arguments: str, **options: Any) -> Done:
        return self._processes.run(self._commands.generate_cmd_string(command, *arguments, **options))

    def _stream(self, command: str, good: tuple[int, ...], *arguments: str, **options: Any) -> None:
        diagnostics: list[Diagnostic] = []
        strays: list[str] = []

        def hear(line: str) -> None:
            progress = read_line(line)
            if progress is None:
                strays.append(line)
            elif progress.diagnostic is not None:
                diagnostics.append(progress.diagnostic)
            if progress is not None and self._on_progress is not None:
                self._on_progress(progress)

        built = self._commands.generate_cmd_string(command, *arguments, input=False, json=IsFlagged, **options)
        done = self._processes.run(built, hear)
        if done.interrupted:
            raise CancelledError("Terraform was interrupted", hint="repeat the command; what was made is in the state")
        if done.code not in good:
            raise translate(command, diagnostics, "".join(strays) + done.err)
