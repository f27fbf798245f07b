"""What differs by market.

See docs/api/medipim.md#markets, docs/api/medipim.md#product-filters, docs/api/medipim.md#product-sortings and
docs/api/medipim.md#market-fields.
"""

from dataclasses import dataclass

BRACKETED_AU = ("snomedMp", "snomedMpp", "snomedMpuu", "snomedTp", "snomedTpp", "snomedTpuu", "snomedCtpp")


@dataclass(frozen=True)
class Market:
    """One national database."""

    code: str
    locales: tuple[str, ...]
    country: str
    prefix: str
    codes: tuple[str, ...]
    code_filters: tuple[str, ...]
    code_sortings: tuple[str, ...] = ()
    category_resources: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    prices: bool = True


MARKETS: dict[str, Market] = {
    "be": Market(
        "be", ("nl", "fr", "en", "de"), "BE", "54", ("cnk", "udi", "nut", "ctiExtended"), ("cnk", "cti"), ("cnk",),
        ("bcfi-categories", "atc-categories", "apb-categories", "medipim-categories"),
        ("prescription", "writtenRequestByPatient"),
    ),
    "fr": Market(
        "fr", ("fr", "en"), "FR", "34", ("cipOrAcl7", "cip13", "acl13", "ospId", "cisCode"),
        ("cipOrAcl7", "cip13", "acl13"), (), ("osp-categories", "medipim-categories"), ("prescription",),
    ),
    "de": Market("de", ("de", "en"), "DE", "40", ("pzn",), ("pzn",)),
    "es": Market("es", ("es", "en"), "ES", "84", ("cn",), ("cn",)),
    "au": Market(
        "au", ("en",), "AU", "93", ("artgId", "pbs", "fred", "zCode", *BRACKETED_AU),
        ("artgId", "pbs", "fred", "zCode", *BRACKETED_AU), ("pbs",), (), ("narcotic",),
    ),
    "us": Market(
        "us", ("en",), "US", "03",
        ("ndc", "upc10", "upc11", "upc12", "hri", "pin", "hamacherCode", "privateLabelType", "brandEquivalent"),
        ("ndc", "upc10", "upc11", "upc12", "hamacherCode", "privateLabelType", "pin", "hri", "brandEquivalent"),
        ("ndc", "upc10", "upc11", "upc12", "hamacherCode", "hri", "pin"), ("fine-line-categories",), ("narcotic",),
        prices=False,
    ),
}  # fmt: skip
