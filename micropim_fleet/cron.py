"""Whether a text is a schedule of cron: five fields of numbers, ranges, lists and steps."""

import re

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))
_NAMES = {
    name: str(number)
    for names in ("sun mon tue wed thu fri sat", "_ jan feb mar apr may jun jul aug sep oct nov dec")
    for number, name in enumerate(names.split())
}
_PART = re.compile(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/([1-9]\d?))?")


def wrong_in(schedule: str) -> str | None:
    """What is wrong with a schedule of five fields; None if nothing is."""
    for text, (name, least, most) in zip(schedule.split(), _FIELDS, strict=True):
        for part in text.lower().split(","):
            numbers = re.sub(r"[a-z]+", lambda found: _NAMES.get(found[0], found[0]), part)
            found = _PART.fullmatch(numbers)
            if found is None or not _is_within(found, least, most):
                return f"{part} is no {name} (from {least} to {most})"
    return None


def _is_within(found: re.Match[str], least: int, most: int) -> bool:
    ends = [int(end) for end in found.group(1, 2) if end is not None]
    return all(least <= end <= most for end in ends) and ends == sorted(ends)
