"""One shop behind the pair: a catalogue in Medipim, tap and target in this process, night after night.

A case is a file of ``cases/``: records of the first night, then what changes before each night, at the source or by a
person's hand in MicroPIM.
"""

import copy
import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from sandbox import Sandbox
from tests.cases.shop import Json, Night, Shop

CREATED, UPDATED = 1_780_000_000, 1_780_000_001
LATER = 5
REPEATED = re.compile(r"\{\{(.)\*(\d+)\}\}")
STREAMS = ("products", "categories", "attributes", "attribute_options")
TABLES = ("public-categories", "brands", "organizations")  # without rows, unless a case has some


def read_case(file: Path) -> Json:
    """A case, with ``{{A*3}}`` written out as AAA."""

    def written_out(value: Any) -> Any:
        if isinstance(value, str):
            return REPEATED.sub(lambda found: found[1] * int(found[2]), value)
        if isinstance(value, dict):
            return {name: written_out(inner) for name, inner in value.items()}
        return [written_out(inner) for inner in value] if isinstance(value, list) else value

    return dict(written_out(json.loads(file.read_text(encoding="utf-8"))))


@dataclass(repr=False)
class PairNight:
    """How a night of both sides ended, and what its report says."""

    target: Night
    tap_failure: BaseException | None
    requests: list[str]

    @property
    def is_good(self) -> bool:
        """Whether both sides end with exit code 0."""
        return self.tap_failure is None and self.target.is_good

    @cached_property
    def told(self) -> list[str]:
        """Every row of the report and every line of the other files of the run, as texts."""
        folder = self.target.folder
        return [] if folder is None else [text for file in sorted(folder.rglob("*")) for text in _rows(file)]

    def tells(self, *words: str) -> bool:
        """Whether one row or line has all of these, in whatever case."""
        return any(all(word.casefold() in text for word in words) for text in self.told)

    @property
    def writes(self) -> list[str]:
        """The writes that MicroPIM has seen, as ``METHOD path``."""
        return [request for request in self.requests if not request.startswith("GET ")]


@dataclass
class Pair:
    """Both services and both programs."""

    shop: Shop
    run_tap: Callable[..., Any]
    case: Json
    state: Any = None
    nights: list[PairNight] = field(default_factory=list)

    @property
    def box(self) -> Sandbox:
        """Both services."""
        return self.shop.box

    @property
    def last(self) -> PairNight:
        """The last night."""
        return self.nights[-1]

    def product(self, sku: str) -> Json:
        """A product as it is stored."""
        return self.shop.product(sku)

    def pictures(self, sku: str) -> list[str]:
        """The addresses of its pictures in the order they came."""
        return [str(item["file_url"]) for item in self.product(sku)["_media"]]

    def play(self) -> "Pair":
        """All nights of the case."""
        for path in TABLES:
            self.box.medipim.put_rows(path, [])
        for path, rows in self.case.get("reference", {}).items():
            self.box.medipim.put_rows(path, rows)
        self._put_categories()
        self._put_new(self.case["products"])
        self.night()
        for night in self.case.get("nights", ()):
            self._apply(night)
            self.night()
        return self

    def night(self) -> PairNight:
        """``tap-medipim | target-micropim`` once, with the state of the night before."""
        self.shop.forget_requests()
        tap = self.run_tap(self.box, *STREAMS, state=self.state, **self.case.get("tap", {}))
        messages = b"".join(orjson.dumps(message) + b"\n" for message in tap.messages)
        target = self.shop.fed(messages, **self.case.get("target", {}))
        self.state = target.states[-1] if target.states else self.state
        requests = [f"{request.method} {request.path}" for request in self.shop.requests]
        self.nights.append(PairNight(target, tap.error, requests))
        return self.last

    def _apply(self, night: Json) -> None:
        self._put_new(night.get("new", ()))
        for key, changes in night.get("change", {}).items():
            raw = copy.deepcopy(self.box.medipim.catalogue.entries[key].raw)
            raw |= changes
            raw["meta"]["updatedAt"] += LATER
            self.box.medipim.put(raw)
        for row in self.case.get("categories", ()):
            row.update(night.get("category", {}).get(str(row["id"]), {}))
        self._put_categories()
        people = self.shop.people
        for sku, changes in night.get("hand", {}).items():
            people.edit(self.shop.id_of(sku), **changes)
        doomed = night.get("delete_categories_by_hand", ())
        names = [row["name"] for row in self.shop.pim.categories.values()] if doomed is True else doomed
        for name in list(names):
            people.delete_category(people.category_id(name))

    def _put_new(self, records: Any) -> None:
        language = self.case.get("lang", "nl")
        for record in records:
            name = {"name": {language: f"Product {record['id']}"}}
            times = {"meta": {"createdAt": CREATED, "updatedAt": UPDATED}}
            self.box.medipim.put({"status": "active", **name, **times, **copy.deepcopy(record)})

    def _put_categories(self) -> None:
        self.box.medipim.put_rows("public-categories", copy.deepcopy(self.case.get("categories", [])))


def _rows(file: Path) -> Iterator[str]:
    if file.suffix == ".json":
        yield from _leaves(json.loads(file.read_text(encoding="utf-8")))
    elif file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield from (" ".join(row).casefold() for row in csv.reader(lines))
    elif file.suffix == ".jsonl":
        yield from (line.casefold() for line in file.read_text(encoding="utf-8").splitlines())


def _leaves(value: Any) -> Iterator[str]:
    """The rows of a JSON document: items of its lists, values of its objects, as one text each."""
    if isinstance(value, list):
        yield from (json.dumps(item, ensure_ascii=False).casefold() for item in value)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    else:
        yield str(value).casefold()
