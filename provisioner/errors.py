"""The one family of errors that the commands show as a sentence instead of a traceback."""


class InnkeeperError(Exception):
    """What went wrong, on what, and what to do next. ``exit_code`` is the command's (see the docs' table).

    ``ends_run``: whatever would be tried next, such as another tenant, would fail for the same reason.
    """

    exit_code = 1
    ends_run = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.args[0]}\n  → {self.hint}" if self.hint else str(self.args[0])


class ConfigError(InnkeeperError):
    """The YAML is wrong; the message lists every problem, one a line. Nothing was changed."""

    exit_code = 2
