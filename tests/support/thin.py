"""Products without their texts, for tests in which only ids, times and order count: a whole one has six kilobytes."""

from dataclasses import replace

from sandbox import Sandbox


def put_thin(box: Sandbox, key: str, second: int | None = None, sorted_by: int | None = None) -> None:
    """Make one product tiny, with an update time if given; ``touchedAt`` may sort by another one."""
    entries = box.medipim.catalogue.entries
    before = entries[key].head
    head = replace(before, updated_at=before.updated_at if second is None else second, touched_at=sorted_by)
    raw = {"id": key, "status": head.status, "meta": {"createdAt": None, "updatedAt": head.updated_at}}
    entries[key] = type(entries[key])(box.medipim.catalogue, head, raw)


def thin_out(box: Sandbox, second: int | None = None) -> None:
    """Make all products tiny, all with one update time if given."""
    for key in list(box.medipim.catalogue.entries):
        put_thin(box, key, second)
