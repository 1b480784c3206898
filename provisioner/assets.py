"""Where the files are that the program ships beside its code: Terraform modules, Lambda handlers, examples."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def asset(name: str) -> Path:
    """The folder ``name`` (``terraform``, ``lambdas``, ``examples``), from the installed package or the checkout."""
    packaged = _PACKAGE / "_assets" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
