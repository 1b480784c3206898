"""Exit codes of the commands; the table in the documentation is checked against this one."""

from enum import IntEnum


class Exit(IntEnum):
    """Why a command ended."""

    DONE = 0  # done, or nothing to do
    FAILED = 1  # something went wrong; the message says what to do
    USAGE = 2  # wrong options, or wrong YAML: nothing was changed
    SOME_FAILED = 3  # some tenants failed, the others are done
    PENDING = 4  # with --check or a plan: changes or findings are waiting
    REFUSED = 5  # a safety limit stopped it: blast radius, replacement while suspended
