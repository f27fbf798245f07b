"""Pages for people: templates with escaping, a stylesheet, drawn pictures. Nothing here runs in the browser."""

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.exchange import Answer, Call, JsonValue

PAGES = Path(__file__).parent / "pages"
HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
PASTELS = ("#cfe8e0", "#dfe3f5", "#f6e3d3", "#f3dbe6", "#e3efcf", "#d6ebf5", "#efe6c8", "#e6dcf2")
DEEPS = ("#2f7f6c", "#4a5aa8", "#a8622b", "#9c3f6d", "#64822b", "#2b7796", "#8a7422", "#6b4a94")


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def page(name: str, /, **values: JsonValue) -> Answer:
    """A page made of one of the templates."""
    return Answer(200, _templates().get_template(f"{name}.html").render(**values).encode(), dict(HEADERS))


def style(_call: Call) -> Answer:
    """GET ``/_sandbox/style.css``."""
    return Answer(200, (PAGES / "style.css").read_bytes(), {"content-type": "text/css; charset=utf-8"})


def picture(call: Call) -> Answer:
    """GET ``/_sandbox/pictures/<key>.svg``: a bottle, a tube or a box, always the same one for a key."""
    dice = hashlib.blake2b(str(call.params["key"]).encode(), digest_size=4).digest()
    light, deep = PASTELS[dice[0] % len(PASTELS)], DEEPS[dice[0] % len(DEEPS)]
    shapes = (
        f'<path d="M58 30h44v22H58z" fill="{deep}"/><rect x="46" y="52" width="68" height="92" rx="12" fill="#fff"/>',
        f'<path d="M48 34h64l-8 84H56z" fill="#fff"/><path d="M60 118h40v24H60z" fill="{deep}"/>',
        '<path d="M36 46h88v98H36z" fill="#fff"/><path d="M36 46l12-14h64l12 14z" fill="#eef1f3"/>',
    )
    label = f'<rect x="58" y="{74 + dice[2] % 12}" width="44" height="26" rx="3" fill="{deep}" opacity=".85"/>'
    body = f'<rect width="160" height="160" fill="{light}"/>{shapes[dice[1] % len(shapes)]}{label}'
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 160" width="160" height="160">{body}</svg>'
    return Answer(200, drawn.encode(), {"content-type": "image/svg+xml", "cache-control": "max-age=3600"})


def form(call: Call) -> dict[str, str] | None:
    """The fields of a form that was sent from one of these pages; None when another site sent it."""
    origin = call.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != call.headers.get("host"):
        return None
    return dict(parse_qsl(call.raw.decode("utf-8", errors="replace"), keep_blank_values=True))


def address(pages_at: str, /, **query: JsonValue) -> str:
    """The first page with a query."""
    kept = {name: value for name, value in query.items() if value}
    return pages_at + (f"?{urlencode(kept)}" if kept else "")


def number(text: str | None, least: int = 1) -> int:
    """A number of the query; anything else counts as the least."""
    return max(least, int(text)) if text and text.isdecimal() and len(text) < 9 else least  # noqa: PLR2004 - no giants
