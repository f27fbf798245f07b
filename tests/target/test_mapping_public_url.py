"""Which addresses of pictures may be handed on."""

import pytest

from target_micropim.mapping.public_url import MAX_URL, is_public_url


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://media.example.com/a.jpg", True),
        ("http://93.184.216.34/a.jpg", True),
        ("https://[2606:2800:220:1::1]/a.jpg", True),
        ("https://bücher.example/a.jpg", True),
        ("ftp://media.example.com/a.jpg", False),
        ("file:///etc/passwd", False),
        ("//media.example.com/a.jpg", False),
        ("https://user:pw@media.example.com/a.jpg", False),
        ("https://:pw@media.example.com/a.jpg", False),
        ("http://localhost/a.jpg", False),
        ("http://localhost./a.jpg", False),
        ("http://foo.localhost/a.jpg", False),
        ("http://printer.local./a.jpg", False),
        ("http://db.internal/a.jpg", False),
        ("http://intranet/a.jpg", False),
        ("http://127.0.0.1/a.jpg", False),
        ("http://127.0.0.1./a.jpg", False),
        ("http://127.1/a.jpg", False),
        ("http://2130706433/a.jpg", False),
        ("http://0x7f000001/a.jpg", False),
        ("http://0x7f.1/a.jpg", False),
        ("http://127.0x1/a.jpg", False),
        ("http://0177.0.0.1/a.jpg", False),
        ("http://127\u30020\u30020\u30021/a.jpg", False),
        ("http://１２７.0.0.1/a.jpg", False),  # noqa: RUF001
        ("http://10.0.0.5/a.jpg", False),
        ("http://169.254.169.254/latest", False),
        ("http://[::1]/a.jpg", False),
        ("http://[::ffff:127.0.0.1]/a.jpg", False),
        ("http://[fd00::1]/a.jpg", False),
        ("http://127.0.0.1\\.example.com/a.jpg", False),
        ("https://media.example.com:99999/a.jpg", False),
        ("https://[broken/a.jpg", False),
        ("https://media.example.com/a b.jpg", False),
        ("https://media.example.com/a\n.jpg", False),
        ("https://media.example.com/" + "a" * 2048, False),
        ("HTTPS://media.example.com/a.jpg", False),
        ("", False),
    ],
)
def test_only_public_addresses_are_handed_on(url: str, public: bool) -> None:
    """MicroPIM fetches what it is told: never from inside somebody's network, whatever the spelling."""
    assert is_public_url(url) is public


def test_private_hosts_can_be_allowed() -> None:
    """By setting, but credentials and other schemes stay out."""
    assert is_public_url("http://10.0.0.5/a.jpg", allow_private=True)
    assert is_public_url("http://intranet/a.jpg", allow_private=True)
    assert not is_public_url("http://user:pw@10.0.0.5/a.jpg", allow_private=True)


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://a.example/" + "x" * (MAX_URL - 18), True),
        ("https://a.example/" + "x" * (MAX_URL - 17), False),
        ("https://" + ("a" * 49 + ".") * 5 + "com/", True),
        ("https://" + ("a" * 49 + ".") * 5 + "abcd/", False),
        ("https://\u00e9t\u00e9.example/", True),
        ("https://\u00e9-t.example/", True),
        ("https://\u00e9~t.example/", False),
        ("https://\u00e9!t.example/", False),
        ("https://a.example:0/", False),
        ("https://a.example:1/", True),
        ("https://a.home.arpa/", False),
        ("https://corp/", False),
        ("https://a.0xg.example/", True),
    ],
)
def test_addresses_at_their_bounds(url: str, public: bool) -> None:
    """2,048 characters, a host of 253, names in any script without punctuation."""
    assert is_public_url(url) is public
