"""YAML text to a tree of located nodes, built from the parser's event stream.

Nothing is composed or constructed by PyYAML: limits are checked event by event, so that neither nesting nor
aliases can exhaust the process, and no tag ever becomes a Python object.
"""

from collections.abc import Iterator

import msgspec
import yaml

from provisioner.config.problem import Code, Mark, Wrong, quoted
from provisioner.config.text import Misplaced

MAX_DEPTH = 32
MAX_KEY = 100

# libyaml where PyYAML was built with it (20 times faster); both give the same events.
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Scalar(msgspec.Struct, frozen=True):
    """A value. ``plain``: written without quotes, so YAML may read it as something else than text."""

    text: str
    plain: bool
    mark: Mark


class Sequence(msgspec.Struct, frozen=True):
    """A list."""

    items: tuple["Node", ...]
    mark: Mark


class Mapping(msgspec.Struct, frozen=True):
    """Keys and values, with the mark of each key."""

    entries: dict[str, "Node"]
    keys: dict[str, Mark]
    mark: Mark


Node = Scalar | Sequence | Mapping


def parse(text: str, *, loader: type | None = None) -> tuple[Mapping, list[Misplaced]]:
    """The single document in ``text``, and every duplicate key. Raises Misplaced where there is no tree to give."""
    builder = _Builder(_events(text, loader or _LOADER))
    try:
        return builder.document(), builder.faults
    except yaml.MarkedYAMLError as error:
        raise _syntax(error) from None
    except yaml.YAMLError as error:
        raise Misplaced(Wrong(Code.SYNTAX, f"not YAML: {error}"), Mark()) from None


def _events(text: str, loader: type) -> Iterator[yaml.Event]:
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                wrong = Wrong(Code.TOO_DEEP, f"lists and keys are nested more than {MAX_DEPTH} deep")
                raise Misplaced(wrong, _mark(event))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        _refuse_cleverness(event)
        yield event


def _refuse_cleverness(event: yaml.Event) -> None:
    if getattr(event, "anchor", None) is not None:
        wrong = Wrong(Code.ALIAS, "anchors and aliases (& and *) are not allowed", "quote the text, or write it out")
        raise Misplaced(wrong, _mark(event))
    if (tag := getattr(event, "tag", None)) is not None:
        wrong = Wrong(Code.TAG, f"tags such as {quoted(tag)} are not allowed", "remove it, or quote the text")
        raise Misplaced(wrong, _mark(event))


def _syntax(error: yaml.MarkedYAMLError) -> Misplaced:
    mark = error.problem_mark or error.context_mark
    if "maximum nesting depth" in str(error.problem):
        wrong = Wrong(Code.TOO_DEEP, f"lists and keys are nested more than {MAX_DEPTH} deep")
    else:
        wrong = Wrong(
            Code.SYNTAX,
            f"not YAML: {error.problem}",
            "check colons, quotes and indentation near here (spaces, never tabs)",
        )
    return Misplaced(wrong, Mark(mark.line + 1, mark.column + 1) if mark else Mark())


def _mark(event: yaml.Event) -> Mark:
    start = event.start_mark
    return Mark(start.line + 1, start.column + 1) if start else Mark()


class _Builder:
    """Recursive descent over the events; the depth was limited before they get here."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self.events = events
        self.faults: list[Misplaced] = []

    def document(self) -> Mapping:
        next(self.events)  # stream start
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            raise Misplaced(Wrong(Code.DOCUMENT, "the file is empty"), Mark())
        node = self.node(next(self.events))
        next(self.events)  # document end
        following = next(self.events)
        if not isinstance(following, yaml.StreamEndEvent):
            wrong = Wrong(Code.DOCUMENT, "the file holds more than one document", "keep one, without --- lines")
            raise Misplaced(wrong, _mark(following))
        if not isinstance(node, Mapping):
            raise Misplaced(Wrong(Code.DOCUMENT, 'expected keys and values, such as "id: bakery"'), node.mark)
        return node

    def node(self, event: yaml.Event) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(event.value, bool(event.implicit[0]), _mark(event))
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(tuple(self.items()), _mark(event))
        return self.mapping(event)

    def items(self) -> Iterator[Node]:
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            yield self.node(event)

    def mapping(self, start: yaml.Event) -> Mapping:
        entries: dict[str, Node] = {}
        keys: dict[str, Mark] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event)
            value = self.node(next(self.events))
            if not isinstance(key, Scalar):
                raise Misplaced(Wrong(Code.KEY, "a key must be a word"), key.mark)
            if len(key.text) > MAX_KEY:
                raise Misplaced(Wrong(Code.KEY, f"a key is longer than {MAX_KEY} characters"), key.mark)
            if key.text == "<<" and key.plain:
                raise Misplaced(Wrong(Code.ALIAS, "merge keys (<<) are not allowed", "write it out"), key.mark)
            if key.text in keys:
                self.faults.append(_duplicate(key, keys[key.text]))
                continue
            entries[key.text] = value
            keys[key.text] = key.mark
        return Mapping(entries, keys, _mark(start))


def _duplicate(key: Scalar, first: Mark) -> Misplaced:
    message = f"{quoted(key.text)} is here twice; the first is at {first.line}:{first.column}"
    return Misplaced(Wrong(Code.DUPLICATE_KEY, message, "keep one of them"), key.mark)
