"""URLs in settings: which ones are accepted, and how they are shown."""

import pytest

from pim_wire.errors import InvalidSettings
from pim_wire.urls import checked_base_url, checked_throttle_url, shown_url


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://api.medipim.be", "plain http"),
        ("http://10.0.0.1", "plain http"),
        ("http://127.0.0.1.evil.example", "plain http"),
        ("ftp://api.medipim.be", "not a web address"),
        ("api.medipim.be", "not a web address"),
        ("https://", "not a web address"),
        ("https://u:p@api.medipim.be", "keys have their own settings"),
        ("https://api.medipim.be?key=1", "keys have their own settings"),
        ("https://api.medipim.be#x", "keys have their own settings"),
        ("https://api.medipim.be:port", "not a web address"),
        ("https://[::1", "not a web address"),
    ],
)
def test_an_unsafe_or_broken_address_is_refused(url: str, words: str) -> None:
    """A key goes over https, or to this machine; an address holds nothing else."""
    with pytest.raises(InvalidSettings, match=words) as refused:
        checked_base_url("api_url", url)
    assert str(refused.value).startswith("api_url: ")


@pytest.mark.parametrize("url", ["https://api.medipim.be/v4", "https://api.medipim.be/v3/"])
def test_what_every_request_adds_is_refused_in_an_address(url: str) -> None:
    """With it each request would answer 404, and the reason would be a guess."""
    with pytest.raises(InvalidSettings, match="api_url: leave the end out, /v"):
        checked_base_url("api_url", url, ("/v3", "/v4"))
    assert checked_base_url("api_url", url) == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        (" https://api.medipim.be/ ", "https://api.medipim.be"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.5:1/base//", "http://127.0.0.5:1/base"),
        ("http://[::1]:9/", "http://[::1]:9"),
    ],
)
def test_a_good_address_loses_its_slash(url: str, checked: str) -> None:
    """Paths are appended to it."""
    assert checked_base_url("api_url", url) == checked


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://host/name",
        "throttle.db",
        "redis://",
        "sqlite://throttle.db",
    ],
)
def test_an_address_of_no_store_is_refused_as_a_setting(url: str) -> None:
    """With the shapes that it may have."""
    with pytest.raises(InvalidSettings, match="throttle_url: must look like sqlite:///path"):
        checked_throttle_url(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:one@host/pim?password=two", "postgresql://me:***@host/pim"),
        ("redis://:one@host:6379/0", "redis://:***@host:6379/0"),
        ("sqlite:////var/lib/ledger.db", "sqlite:////var/lib/ledger.db"),
        ("redis://:one@host:port/0", "(not an address of a store)"),
        ("one", "(not an address of a store)"),
    ],
)
def test_a_url_is_shown_without_passwords(url: str, shown: str) -> None:
    """Neither the one before the host nor one among the options; nothing of a URL that cannot be read."""
    assert shown_url(url, "store") == shown
    assert shown_url("one") == "(not an address of a database)"
