"""A YAML file with the line of each value, without YAML's traps.

PyYAML reads YAML 1.1, in which ``no`` is false, ``22:00`` is 1320 and ``0123`` is 83. Here a word is a word: only
``true``, ``false``, ``null`` and plain decimal numbers are something else. A key twice is a mistake, not a victory of
the second one.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml

from micropim_fleet.mistakes import Mistake, WrongFleet

Path_ = tuple[str | int, ...]
MOST_VALUES = 2_000_000  # aliases of aliases can stand for more than fits into memory
MOST_BYTES = 64 * 1024 * 1024
MERGE = "<<"
_TAGS = {"bool": "true|false", "null": "null|~|", "int": "0|-?[1-9][0-9]*", "float": r"-?(?:0|[1-9][0-9]*)\.[0-9]+"}
_QUOTED = re.compile(r"(?<=['\"])[^'\"]{2,}(?=['\"])")  # an alias may be the rest of a password that begins with *
_VALUES = {"true": True, "false": False}


@dataclass
class Document:
    """The content of a file, and the line on which each value stands."""

    file: Path
    content: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)

    def line(self, path: Path_) -> int:
        """The line of a value, else of what is around it."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """Composes nodes; only the tags below are guessed from how a plain scalar looks."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


for _name, _pattern in _TAGS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"(?:{_pattern})$"), None)


def read(file: Path) -> Document:
    """The document. Raises WrongFleet with every mistake that reading can see."""
    node = _composed(file, _text(file))
    if node is None:
        raise WrongFleet(file, [Mistake(1, "", "the file is empty: it needs at least store, markets and shops")])
    if (place := _too_much(node)) is not None:
        raise WrongFleet(file, [Mistake(place.start_mark.line + 1, "", "its aliases stand for more than can be meant")])
    builder = _Builder(Document(file))
    builder.document.content = builder.built(node, (), ())
    if builder.mistakes:
        raise WrongFleet(file, builder.mistakes)
    return builder.document


def _too_much(top: yaml.Node) -> yaml.Node | None:
    """Where aliases of aliases stand for more values than fit into memory, counted without making any of them."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = 1  # of an alias of itself, which is told of later
            children = node.value if isinstance(node, yaml.CollectionNode) else ()
            parts = [part for child in children for part in (child if isinstance(child, tuple) else (child,))]
            sizes[id(node)] += sum(map(size, parts))
        return sizes[id(node)]

    return top if size(top) > MOST_VALUES else None


def _text(file: Path) -> str:
    try:
        size = file.stat().st_size
        raw = file.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise WrongFleet(file, [Mistake(1, "", f"cannot be read: {error.strerror or error}")]) from None
    if size > MOST_BYTES:
        raise WrongFleet(file, [Mistake(1, "", "is longer than 64 MB: put long assortments into CSV files")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise WrongFleet(file, [Mistake(line, "", "is not UTF-8: save it as UTF-8")]) from None


def _composed(file: Path, text: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise WrongFleet(file, [Mistake(line, "", _in_words(error, text.split("\n")[line - 1 : line]))]) from None
    except (yaml.YAMLError, RecursionError) as error:
        what = "not readable as YAML: " + " ".join(str(error).split())[:150]
        raise WrongFleet(file, [Mistake(1, "", what)]) from None
    return node


def _in_words(error: yaml.MarkedYAMLError, lines: list[str]) -> str:
    """What the parser saw, and what mostly causes it. The line itself is not quoted: it may hold a key."""
    (line,) = lines or [""]
    said = "not readable as YAML: " + _QUOTED.sub("…", str(error.problem or error.context))
    if "\t" in line:
        return f"{said}; there is a tab in this line: YAML indents with spaces"
    if "${" in line and ("{" in line.partition("${")[0] or "[" in line.partition("${")[0]):
        return f'{said}; within {{ }} or [ ] a variable stands in quotation marks: "${{NAME}}"'
    if "expected a single document" in str(error.context):
        return "a second document (---) begins here: a fleet is one document"
    return said


class _Builder:
    """Plain values from nodes; notes the lines, and what is wrong."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.mistakes: list[Mistake] = []

    def built(self, node: yaml.Node, path: Path_, around: tuple[yaml.Node, ...]) -> Any:
        """The value of a node; ``around``: the nodes it stands in, by which an alias of itself is noticed."""
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        if node in around:
            self._wrong(node, path, "contains itself")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, (*around, node))
        if isinstance(node, yaml.SequenceNode):
            return [self.built(child, (*path, number), (*around, node)) for number, child in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path_, around: tuple[yaml.Node, ...]) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value == MERGE and not getattr(key, "style", None):
                merged |= {name: each for name, each in self._merged(value, path, around).items() if name not in merged}
            elif not isinstance(key, yaml.ScalarNode):
                self._wrong(key, path, "a name is a word, not a list or a mapping")
            elif key.value in first:
                self._wrong(key, path, f"{key.value} stands twice, first in line {first[key.value]}")
            else:
                first[key.value] = line
                self.document.lines[*path, key.value] = line
                own[key.value] = self.built(value, (*path, key.value), around)
        return merged | own

    def _merged(self, node: yaml.Node, path: Path_, around: tuple[yaml.Node, ...]) -> dict[str, Any]:
        """The content of ``<<``: a mapping, or several of which the first wins."""
        found: dict[str, Any] = {}
        for each in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            value = self.built(each, path, around) if isinstance(each, yaml.MappingNode) else None
            if not isinstance(value, dict):
                self._wrong(each, path, f"{MERGE} takes a mapping, such as *anchor")
                continue
            found = value | found
        return found

    def _scalar(self, node: yaml.Node, path: Path_) -> Any:
        kind, text = str(node.tag).rpartition(":")[2], str(node.value)
        if not re.fullmatch(_TAGS.get(kind, ".*"), text, re.DOTALL):
            kind = ""  # a tag of somebody's own, such as !!int 0x1F
        match kind:
            case "str":
                return text
            case "bool":
                return _VALUES[text]
            case "null":
                return None
            case "int":
                return int(text) if len(text) <= 18 else text  # noqa: PLR2004 - beyond 64 bits it is a code, not a number
            case "float":
                return float(text)
        self._wrong(node, path, "a tag means nothing here; a text that begins with ! stands in quotation marks")
        return None

    def _wrong(self, node: yaml.Node, path: Path_, what: str) -> None:
        self.mistakes.append(Mistake(node.start_mark.line + 1, owner_of(path), what))


def owner_of(path: Path_) -> str:
    """Whose a value is: ``shop gent``, ``market be``, ``egress main``; nobody's beside them."""
    kinds = {"shops": "shop", "markets": "market", "egresses": "egress"}
    return f"{kinds[str(path[0])]} {path[1]}" if len(path) > 1 and path[0] in kinds else ""
