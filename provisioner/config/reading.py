"""A located tree read as one of the forms: values where they are well typed, problems where they are not."""

import difflib
import functools
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import inspect

from provisioner.config import scalars
from provisioner.config.forms import FORMATS
from provisioner.config.problem import Code, Mark, Problem, Wrong, quoted
from provisioner.config.text import require_one_line
from provisioner.config.tree import Mapping, Node, Scalar, Sequence

_MISSING: Any = object()


class Reading:
    """What was read from one file. Checks speak in paths; ``problem`` turns a path into a place."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[str, Any] = {}
        self.marks: dict[str, Mark] = {}
        self.problems: list[Problem] = []

    def problem(self, path: str, wrong: Wrong, mark: Mark | None = None) -> None:
        place = mark or self.mark(path)
        self.problems.append(
            Problem(
                file=self.file,
                line=place.line,
                column=place.column,
                field=path,
                message=wrong.message,
                code=wrong.code,
                hint=wrong.hint,
            )
        )

    def mark(self, path: str) -> Mark:
        """Where the value at ``path`` is; where its parent is if it is missing."""
        while path and path not in self.marks:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.marks.get(path, Mark())

    def get(self, path: str) -> Any:
        """The value at a dotted path, or None where it is missing or was not acceptable."""
        value: Any = self.values
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value


def read(file: str, root: Mapping, form: type[msgspec.Struct]) -> Reading:
    """Read ``root`` as ``form``. Never raises for what a file holds."""
    reading = Reading(file)
    kind = _shape(form)
    reading.values = _Reader(reading).read(root, "", kind)
    return reading


@functools.cache
def _shape(form: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(form)


def read_free(file: str, root: Mapping) -> Reading:
    """Read ``root`` as a mapping of any names to any values (a policy file)."""
    reading = Reading(file)
    reading.values = _Reader(reading).read(root, "", inspect.DictType(inspect.StrType(), inspect.AnyType()))
    return reading


class _Reader:
    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def read(self, node: Node, path: str, kind: inspect.Type) -> Any:
        """The value of ``node``, or _MISSING after noting a problem."""
        self.reading.marks[path] = node.mark
        try:
            return self._read(node, path, kind)
        except Wrong as wrong:
            self.reading.problem(path, wrong)
            return _MISSING

    def _read(self, node: Node, path: str, kind: inspect.Type) -> Any:  # noqa: PLR0911
        match kind:
            case inspect.Metadata():
                return self._read(node, path, kind.type)
            case inspect.UnionType():
                return self._read(node, path, _pick(kind, node))
            case inspect.StructType():
                return self._struct(_mapping(node), path, kind)
            case inspect.DictType():
                return self._free_mapping(_mapping(node), path)
            case inspect.ListType():
                return self._list(node, path, kind)
            case inspect.AnyType():
                return self._free(node, path)
            case _:
                return _scalar(node, kind)

    def _struct(self, node: Mapping, path: str, kind: inspect.StructType) -> dict[str, Any]:
        fields = {field.encode_name: field for field in kind.fields}
        values: dict[str, Any] = {}
        for key, child in node.entries.items():
            place = _join(path, key)
            if key in fields:
                if (value := self.read(child, place, fields[key].type)) is not _MISSING:
                    values[key] = value
            else:
                self.reading.problem(place, unknown(key, fields), node.keys[key])
        for key, field in fields.items():
            if field.required and key not in node.entries:
                self.reading.problem(_join(path, key), Wrong(Code.MISSING_KEY, "is missing"))
        return values

    def _list(self, node: Node, path: str, kind: inspect.ListType) -> list[Any]:
        if not isinstance(node, Sequence):
            raise Wrong(Code.TYPE, "expected a list", 'one entry a line, each after "- "')
        if not (kind.min_length or 0) <= len(node.items) <= (kind.max_length or len(node.items)):
            raise Wrong(Code.LENGTH, f"needs {kind.min_length or 0} to {kind.max_length} entries")
        return [self.read(item, f"{path}[{index}]", kind.item_type) for index, item in enumerate(node.items)]

    def _free_mapping(self, node: Mapping, path: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, child in node.entries.items():
            try:
                require_one_line(key)
            except Wrong as wrong:
                self.reading.problem(_join(path, key), wrong, node.keys[key])
                continue
            if (value := self.read(child, _join(path, key), inspect.AnyType())) is not _MISSING:
                values[key] = value
        return values

    def _free(self, node: Node, path: str) -> Any:
        if isinstance(node, Mapping):
            return self._free_mapping(node, path)
        if isinstance(node, Sequence):
            items = [self.read(item, f"{path}[{index}]", inspect.AnyType()) for index, item in enumerate(node.items)]
            return [item for item in items if item is not _MISSING]
        value = scalars.free(node)
        return require_one_line(value) if isinstance(value, str) else value


def present(values: Iterable[Any]) -> list[tuple[int, Any]]:
    """Index and value of the list entries that were acceptable."""
    return [(index, value) for index, value in enumerate(values) if value is not _MISSING]


def unknown(key: str, known: Iterable[str], code: Code = Code.UNKNOWN_KEY, what: str = "key") -> Wrong:
    """The error for a name that nobody knows, with the nearest one that somebody does."""
    names = sorted(known)
    near = difflib.get_close_matches(key.lower()[:100], names, n=1, cutoff=0.6)
    listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")  # noqa: PLR2004
    return Wrong(code, f"unknown {what}", f'did you mean "{near[0]}"?' if near else f"known: {listed}")


def _pick(kind: inspect.UnionType, node: Node) -> inspect.Type:
    """The member of a union that fits the node's shape; the one union is "mapping or text"."""
    members = [_bare(member) for member in kind.types]
    wanted = inspect.DictType if isinstance(node, Mapping) else inspect.StrType
    return next((member for member in members if isinstance(member, wanted)), members[0])


def _bare(kind: inspect.Type) -> inspect.Type:
    return _bare(kind.type) if isinstance(kind, inspect.Metadata) else kind


def _mapping(node: Node) -> Mapping:
    if not isinstance(node, Mapping):
        raise Wrong(Code.TYPE, "expected keys and values below this one", "indent them by two spaces")
    return node


def _scalar(node: Node, kind: inspect.Type) -> Any:
    if not isinstance(node, Scalar):
        raise Wrong(Code.TYPE, "expected one value, got a list or keys")
    match kind:
        case inspect.BoolType():
            return scalars.boolean(node)
        case inspect.IntType():
            return _in_range(scalars.integer(node), kind)
        case inspect.StrType():
            return _text(scalars.text(node), kind)
        case inspect.LiteralType():
            return _choice(scalars.text(node), [str(value) for value in kind.values])
        case inspect.EnumType():
            return _choice(scalars.text(node), [member.value for member in kind.cls])
        case _:
            raise TypeError(f"no reader for {kind}")


def _text(text: str, kind: inspect.StrType) -> str:
    require_one_line(text)
    if len(text) < (kind.min_length or 0) or not text.strip():
        raise Wrong(Code.LENGTH, "is empty" if not text.strip() else f"is shorter than {kind.min_length} characters")
    if kind.max_length is not None and len(text) > kind.max_length:
        raise Wrong(Code.LENGTH, f"is longer than {kind.max_length} characters")
    if kind.pattern and not re.fullmatch(kind.pattern, text):
        code, message, hint = FORMATS[kind.pattern]
        raise Wrong(code, f"{message}; got {quoted(text)}", hint)
    return text


def _in_range(value: int, kind: inspect.IntType) -> int:
    if (kind.ge is not None and value < kind.ge) or (kind.le is not None and value > kind.le):
        raise Wrong(Code.RANGE, f"must be from {kind.ge} to {kind.le}, got {value}")
    return value


def _choice(text: str, allowed: list[str]) -> str:
    if text not in allowed:
        near = difflib.get_close_matches(text.lower()[:100], allowed, n=1)
        hint = f'did you mean "{near[0]}"?' if near else ""
        raise Wrong(Code.CHOICE, f"must be one of {', '.join(allowed)}; got {quoted(text)}", hint)
    return text


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
