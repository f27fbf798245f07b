"""Marked keys, every form in which they could be written, and the search for them."""

import base64
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

KEY_ID = "4711"
SECRET = 'canary/TAP+se"cret=77'  # every encoding of it differs
KEY = "canary/TARGET+key=88"
PASSWORD = "canary@LEDGER:pass/99"
PROXY_USER, PROXY_PASSWORD = "courier", "canary@PROXY:pass/55"
OWN_SETTINGS = ".secret"  # suffix of the files in which a test gives the keys


def forms(secret: str, user: str = "") -> frozenset[bytes]:
    """A secret as it might be written: plain, quoted, escaped, and in base64, alone or as a Basic pair."""
    texts = {secret, f"{user}:{secret}"} if user else {secret}
    raw = {text.encode(charset) for text in texts for charset in ("utf-8", "latin-1")}
    encoded = {encode(data).rstrip(b"=") for data in raw for encode in (base64.b64encode, base64.urlsafe_b64encode)}
    escaped = {
        quote(secret, safe=""), quote(secret), quote_plus(secret), repr(secret)[1:-1],
        json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(json.dumps(secret))[3:-3],
    }  # fmt: skip
    return frozenset({form.encode() for form in escaped} | raw | encoded)


KEY_FORMS = forms(SECRET, KEY_ID) | forms(KEY)
FORMS = KEY_FORMS | forms(PASSWORD) | forms(PROXY_PASSWORD, PROXY_USER)


def leaks(*texts: bytes) -> list[bytes]:
    """The forms of the marked keys that stand in these texts."""
    return [form for form in FORMS if any(form in text for text in texts)]


def written(folder: Path) -> Iterable[bytes]:
    """All that was written below a folder, names included, but for the settings that hold the keys."""
    for path in folder.rglob("*"):
        yield path.name.encode()
        if path.is_file() and not path.is_symlink() and path.suffix != OWN_SETTINGS:
            yield path.read_bytes()


def main() -> int:
    """``python -m trials.canary FOLDER ...``: 1 when a marked key was written below any of them."""
    leaked = [form for folder in sys.argv[1:] for form in leaks(*written(Path(folder)))]
    print("\n".join(map(repr, leaked)) or "no marked key was written")
    return int(bool(leaked))


if __name__ == "__main__":
    sys.exit(main())
