# ruff: noqa: E501, S104 - lists of vectors are read across
"""Texts and addresses from outside: cleaned for good, in bounded time; and no address that leads inside."""

import ipaddress
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from target_micropim.mapping.html import MAX_CHARACTERS, TAGS, clean_html
from target_micropim.mapping.public_url import is_public_url
from tests.support.examples import examples

VECTORS = [
    "<script>alert(1)</script>", "<ScRiPt >alert(1)</sCrIpT>", "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)">x</a></svg>', "<math><mtext><script>alert(1)</script></mtext></math>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">', "<body onload=alert(1)>", "<p onclick=alert(1)>x",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">', "<template><script>alert(1)</script></template>",
    '<a href="javascript:alert(1)">x</a>', '<a href=" java\nscript:alert(1)">x</a>', '<a href="&#106;avascript:x">x</a>',
    '<a href="jav&#x09;ascript:alert(1)">x</a>', '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:x">x</a>', "<iframe src=//evil.test></iframe>", "<object data=x></object>", "<embed src=x>",
    "<style>@import url(//evil.test)</style>", '<div style="background:url(javascript:x)">x</div>',
    "<!--[if IE]><script>alert(1)</script><![endif]-->", "<!--><img src=x onerror=alert(1)>-->", "<?xml x?><p>x</p>",
    "<base href=//evil.test>", "<meta http-equiv=refresh content=0>", "<form action=x><input onfocus=alert(1)></form>",
    "<table><td background=javascript:alert(1)>x", "<![CDATA[<script>alert(1)</script>]]>", "<x/onclick=alert(1)>x",
    "<textarea><script>alert(1)</script></textarea>", "<title><img src=x onerror=alert(1)></title>", "<p>\x00<sc\x00ript>x",
    "<xmp><script>alert(1)</script></xmp>", "<plaintext><script>alert(1)", "<select><style></select><img src=x onerror=x>",
    '<a href="//evil.test">x</a>', '<a href="/cart?add=1">x</a>', '<a href="http:evil.test">x</a>', "<a href=x>x</a>",
    "<b><p><b><p><div></b><p><table><b><td></b>x", "<div><div><span>x</span></div></div>", "&lt;script&gt;alert(1)&lt;/script&gt;",
]  # fmt: skip
PIECES = st.sampled_from([
    *VECTORS, *(f"<{tag}>" for tag in sorted(TAGS)), *(f"</{tag}>" for tag in sorted(TAGS)), "<svg>", "</svg>", "<math>",
    "<style>", "</style>", "<!--", "-->", "<", ">", "&", "&lt;", "&#60;", '"', "'", "x", " ", "\n", "\u00a0", "\u0301", "A\u030a",
    '<a href="https://a.example/?b=1&amp;c=2" title="t">', '<a href="//evil.test">', "<select>", "<option>", "<form>", "<caption>",
    "<font size=1>", "<nobr>", "<button>", "<ruby><rt>", "<frameset>", "<image src=x>", "<foreignObject>", "<annotation-xml>",
])  # fmt: skip
HTML = st.lists(PIECES | st.text(max_size=5), max_size=14).map("".join)


@given(html=HTML)
@examples(700)
def test_cleaning_is_for_good(html: str) -> None:
    """Cleaning twice changes nothing; or there is no such form, and the text is refused."""
    try:
        cleaned = clean_html(html)
    except ValueError:
        return
    assert clean_html(cleaned) == cleaned


@given(html=HTML)
@examples(300)
def test_nothing_that_acts_is_left(html: str) -> None:
    """No tag but the listed ones, no attribute that acts, no scheme but three."""
    try:
        cleaned = clean_html(html).lower()
    except ValueError:
        return
    for part in cleaned.split("<")[1:]:
        name = part.lstrip("/").split(">")[0].split(" ")[0]
        assert name in TAGS
        inside = part.split(">")[0]
        assert not any(word in inside for word in ("onerror", "onload", "onclick", "style", "src=", "id="))
        assert "href" not in inside or 'href="http' in inside or 'href="mailto:' in inside


@pytest.mark.parametrize("vector", VECTORS)
def test_no_vector_survives(vector: str) -> None:
    """Neither as a tag nor as an attribute; text stays text."""
    cleaned = clean_html(f"<p>before</p>{vector}<p>after</p>")
    assert "before" in cleaned
    for word in ("<script", "<img", "<svg", "<iframe", "javascript:", "vbscript:", "data:text", "<style", "<template"):
        assert word not in cleaned.lower().replace("&lt;", "")
    assert 'href="/' not in cleaned
    assert clean_html(cleaned) == cleaned


@pytest.mark.parametrize(
    "html",
    [
        *(
            f"{nest * 20_000}x"
            for nest in ("<div>", "<ul><li>", "<b a=1>x<p>", "<table><tr><td>", "<title>", "</xml><xml>")
        ),
        f"<p>{''.join(f'<b a={n}>' for n in range(3000))}</p>{'<p>x</p>' * 3000}",  # a parser opens them all, each time
        "<!-- --><script" * 20_000 + "x",
        "<a " * 60_000 + ">x",
        '<a b="' * 40_000 + '">x',
    ],
)
def test_the_deepest_html_takes_bounded_time_and_keeps_its_text(html: str) -> None:
    """Reading takes time by the square of the nesting, so there is an end to that; not to the text."""
    began = time.process_time()
    assert "x" in clean_html(html) or "<script" in html
    assert time.process_time() - began < 10


def test_html_longer_than_anything_that_can_be_sent_is_not_read() -> None:
    """And the bound itself is."""
    assert clean_html("x" * MAX_CHARACTERS)
    with pytest.raises(ValueError, match="more than is cleaned"):
        clean_html("x" * (MAX_CHARACTERS + 1))


INSIDE = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.0.0.1.",
    "127.0.0.0x1", "0", "0.0.0.0", "0x0", "1.2.3.0x", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "256.1.1.1", "1.2.3.4.5",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[ff02::1]", "[2001:db8::1]", "[2001:0:7f00:1::]", "[v1.x]", "[::1", "::1",
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "printer.local", "db.internal", "metadata.google.internal",
    "nas.lan", "fritz.home", "x.home.arpa", "host.localdomain", "intranet", "x.corp", "metadata", "a..b", ".example.test",
    "\uff11\uff12\uff17.0.0.1", "127\u30020.0.1", "127\uff610.0.1", "\u2460\u2461\u2466.0.0.1", "127.0.0.1\u00ad", "local\u00adhost.local",
    "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54.", "a.\uff4c\uff4f\uff43\uff41\uff4c", "a.\u24dbocal", "\u0661\u0662\u0667.0.0.1",
    "127%2e0.0.1", "x.localhos%74", "a b.test", "a\tb.test", "a\u00a0b.test", "a\u200bb.test", "a\u2028b.test", "a\x7fb.test",
    "user@media.example.test", "user:pass@media.example.test", "@media.example.test", ":@media.example.test",
    "media.example.test\\@127.0.0.1", "127.0.0.1\\.media.example.test", "media.example.test:0", "media.example.test:99999",
    "media.example.test:x", "media.example.test:-1", "", "-a.example.test", "a-.example.test", "a!b.test", "a\ud800.test",
    "x" * 64 + ".test", ".".join(["x" * 60] * 5),
]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_address_leads_inside(host: str, scheme: str) -> None:
    """Whatever spelling, as whoever fetches it may read it."""
    assert not is_public_url(f"{scheme}://{host}/a.jpg")


@pytest.mark.parametrize(
    "url",
    [
        "https://media.example.test/1.jpg", "http://media.example.test:8080/a?b=c#d", "https://8.8.8.8/a.jpg", "https://MEDIA.Example.Test/a",
        "https://[2606:4700::1111]/a.jpg", "https://m\u00fcnchen.example.test/\u00fc.jpg", "https://xn--mnchen-3ya.example.test/a",
        "https://a_b.example.test/a", "https://media.example.test./a", "https://a.example.test/p@th", "https://a.example.test/%2e%2e/a",
        "https://localhost.example.test/a", "https://127.0.0.1.example.test/a", "https://example.test:/a",
    ],
)  # fmt: skip
def test_the_world_outside_is_reached(url: str) -> None:
    """Names and addresses as media hosts have them."""
    assert is_public_url(url)


@pytest.mark.parametrize(
    "url", ["ftp://a.test/x", "//a.test/x", "javascript:x", "file:///etc/passwd", "HTTP://a.test", "http:a.test"]
)
def test_only_two_schemes_pass(url: str) -> None:
    """Spelt as usual."""
    assert not is_public_url(url)


@given(number=st.integers(0, 2**32 - 1))
@example(0x7F000001)
@examples(200)
def test_an_ipv4_address_passes_in_its_plain_spelling_alone(number: int) -> None:
    """And then only when the standard library calls it global."""
    address = ipaddress.IPv4Address(number)
    octets = [*number.to_bytes(4)]
    spellings = [
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(map(hex, octets)),
        f"[::ffff:{address}]",
        f"[::{address}]",
    ]
    spellings += [f"{octets[0]}.{number & 0xFFFFFF}", f"{octets[0]}.{octets[1]}.{number & 0xFFFF}"]
    assert not any(is_public_url(f"http://{spelling}/x") for spelling in spellings)
    assert is_public_url(f"http://{address}/x") == (address.is_global and not address.is_multicast)


@given(number=st.integers(0, 2**128 - 1))
@examples(200)
def test_an_ipv6_address_passes_when_it_is_global_unicast(number: int) -> None:
    """Nothing that only wraps an IPv4 address."""
    address = ipaddress.IPv6Address(number)
    if is_public_url(f"http://[{address}]/x"):
        assert number >> 125 == 1
        assert address.is_global
        assert address.sixtofour is None


@given(
    url=st.text(max_size=30)
    | st.lists(
        st.sampled_from(["http://", "a", ".", "@", ":", "[", "]", "/", "%", "1", "\\", "#", "?", "\u3002", "\u00df"]),
        max_size=9,
    ).map("".join)
)
@examples(500)
def test_any_text_is_judged(url: str) -> None:
    """Never an exception; who is allowed private hosts is refused no public one."""
    assert not is_public_url(url) or is_public_url(url, allow_private=True)


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]", "nas.lan", "intranet"])
def test_private_hosts_pass_when_they_are_allowed(host: str) -> None:
    """Never with credentials."""
    assert is_public_url(f"http://{host}/a.jpg", allow_private=True)
    assert not is_public_url(f"http://u:p@{host}/a.jpg", allow_private=True)
