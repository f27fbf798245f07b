"""A bookmark as it stands in the state: how far reading is, how far that is certain, and what it is for. Pure.

Singer's two keys say where the next run goes on. The others are ours, beside them:

| key | meaning |
| --- | --- |
| `source`, `filter_digest` | where and with which key and filter it was made |
| `read_from` | `start_date`, where there was one |
| `origin` | the run did not reach its end: only up to here it is certain that nothing is missing |
| `read_again_from` | it reached its end, in several answers: from here on all is read once more |
| `read_whole_at` | when everything was last read |
| `read_since` | in the first STATE of a run: it goes on from there, and does not begin with everything |
| `unread` | times in which a row could not be read: looked at again each night, until it can be read or is gone |

A state of an earlier release has none of them and is believed.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tap_medipim.errors import StreamFailed
from tap_medipim.records import LAST_SECOND, rfc3339
from tap_medipim.spans import Span

# No documented filter means "everything"; every product has an update time, and 0 could be read as "not given".
BEGINNING = 1
LEAST_BELIEVABLE = 1_735_689_600  # 2025: this program is younger; a clock before it was never set
DAY = 86_400
FUTURE_SECONDS = DAY  # more than any two servers' clocks differ
REPLICATION_KEY = "updated_at"
FILTER_KEY = "filter_digest"
_TIMES = ("read_from", "origin", "read_again_from", "read_whole_at")
READ_SINCE = "read_since"
_OURS = ("replication_key", "replication_key_value", FILTER_KEY, "source", "unread", READ_SINCE, *_TIMES)
LONGEST_SHOWN = 100


@dataclass(frozen=True)
class Circumstances:
    """What a bookmark is for, in the names of the settings; the key as a digest of its id."""

    api_url: str = ""
    market: str = ""
    api_version: str = ""
    environment: str = ""
    api_key_id: str = ""
    row_filter: Mapping[str, Any] | None = None

    @property
    def source(self) -> dict[str, str]:
        """For the state."""
        return {name: getattr(self, name) for name in _SOURCE}

    @property
    def filter_digest(self) -> str | None:
        """The same whatever the order of the filter's keys."""
        if not self.row_filter:
            return None
        return digest(json.dumps(self.row_filter, sort_keys=True))

    def changes(self, state: Mapping[str, Any]) -> Iterator[str]:
        """What differs from what a bookmark was made for, in words; of what it does not say nothing differs."""
        if state.get("replication_key") not in (None, REPLICATION_KEY):
            yield f"it is a bookmark of another tap: its replication_key is not {REPLICATION_KEY}"
        if state.get(FILTER_KEY) != self.filter_digest:
            yield "the filter setting changed"
        source = state.get("source", {})
        if not isinstance(source, dict):
            yield "the state does not say readably where it was made"
            return
        for name in _SOURCE:
            if name in source and source[name] != getattr(self, name):
                yield self._change(name, source[name])

    def _change(self, name: str, before: Any) -> str:
        if name == "api_key_id":
            return "it is another key (api_key_id)"
        was = before if isinstance(before, str) and before.isprintable() else "something else"
        return f"{name} was {was[:LONGEST_SHOWN] or 'unset'} and is {getattr(self, name) or 'unset'}"


_SOURCE = ("api_url", "market", "api_version", "environment", "api_key_id")


def digest(text: str) -> str:
    """A short digest that is the same in every run."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class SavedBookmark:
    """One stream's entry in the state, in unix seconds."""

    value: int | None = None
    read_from: int | None = None
    origin: int | None = None
    read_again_from: int | None = None
    read_whole_at: int | None = None
    unread: tuple[Span, ...] = ()

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> "SavedBookmark":
        """Raises StreamFailed for a time that is none."""
        value = unix_seconds(state.get("replication_key_value"), "the bookmark in the state")
        times = {name: unix_seconds(state.get(name), f"{name} in the state") for name in _TIMES}
        if value is None:
            return cls()
        for name in ("origin", "read_again_from"):
            if times[name] is not None:
                times[name] = min(times[name] or 0, value)
        return cls(value, **times, unread=tuple(_spans(state.get("unread"))))

    def write(self, state: MutableMapping[str, Any], key: str, circumstances: Circumstances) -> None:
        """Into the stream's entry; nothing is written while nothing is certain."""
        for name in _OURS:
            state.pop(name, None)
        if self.value is None:
            return
        state["replication_key"] = key
        state["replication_key_value"] = rfc3339(self.value)
        if circumstances.filter_digest is not None:
            state[FILTER_KEY] = circumstances.filter_digest
        state["source"] = circumstances.source
        for name in _TIMES:
            if (second := getattr(self, name)) is not None:
                state[name] = rfc3339(second)
        if self.unread:
            state["unread"] = [{"from": rfc3339(span.start), "until": rfc3339(span.end)} for span in self.unread]


def _spans(value: Any) -> Iterator[Span]:
    """Raises StreamFailed for what is no list of times."""
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            start, end = (unix_seconds(item.get(name), "unread in the state") for name in ("from", "until"))
            if start is not None and end is not None:
                yield Span(*sorted((start, end)))


def unix_seconds(text: Any, where: str) -> int | None:
    """Seconds of an RFC 3339 text; a time without a zone is UTC. Raises StreamFailed for a text that is no time."""
    if text is None or text == "":
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise StreamFailed(
            f"{where} is not a date: {str(text)[:40]!r}; it must look like 2026-01-31T00:00:00Z"
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(
        max(0, int(moment.timestamp())), LAST_SECOND
    )  # a zone can move the first or last day out of the calendar
