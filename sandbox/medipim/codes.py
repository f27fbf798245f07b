"""Product codes, with the flaws that real ones have.

See docs/api/medipim.md#product-codes and docs/api/medipim.md#shared-codes.
"""

# ruff: noqa: PLR2004 - the numbers of a generator mean nothing beyond "every so often"

from sandbox.exchange import Json
from sandbox.medipim.markets import BRACKETED_AU, Market

_NO_CODES: Json = {
    "ean": [], "gtin": None, "eanGtin8": None, "eanGtin12": None, "eanGtin13": None, "eanGtin14": None,
}  # fmt: skip


def check_digit(digits: str) -> str:
    """The GS1 check digit of a code without it."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return str((10 - total % 10) % 10)


def ean13(market: Market, number: int) -> str:
    """A valid EAN-13 of the market."""
    digits = f"{market.prefix}{number % 10**10:010d}"
    return digits + check_digit(digits)


def gtin_fields(market: Market, index: int, seed: int) -> Json:
    """``ean[]`` and the GTIN fields: pairs of 12 and padded 13 digits, EAN-8, codes shared by two products, none.

    In a share of products the code stands in ``gtin`` alone, or in a code of the market that is a GTIN as well.
    """
    fields = _gtin_fields(market, index, seed)
    if index % 19 == 7 and market.code in {"fr", "us"}:
        return _NO_CODES
    return {**_NO_CODES, "gtin": fields["gtin"]} if index % 23 == 9 else fields


def _gtin_fields(market: Market, index: int, seed: int) -> Json:
    number = (index - 1 if index % 97 == 5 else index) * 7919 + seed * 104_729
    if index % 25 == 24:
        return _NO_CODES
    if index % 41 == 11:
        stem = f"0{number % 10**6:06d}"
        short = stem + check_digit(stem)
        return _gtins([short], eanGtin8=short)
    if index % 7 == 3 or market.code == "us":
        stem = f"0{number % 10**10:010d}"
        upc = stem + check_digit(stem)
        return _gtins([upc, "0" + upc], eanGtin12=upc, eanGtin13="0" + upc)
    code = ean13(market, number)
    return _gtins([code] if index % 5 else [ean13(market, number + 10**9), code], eanGtin13=code)


def _gtins(eans: list[str], **fields: str) -> Json:
    widest = max(eans, key=len).rjust(14, "0")
    empty = dict.fromkeys(("eanGtin8", "eanGtin12", "eanGtin13"))
    return {"ean": eans, "gtin": widest, **empty, **fields, "eanGtin14": widest}


def national_codes(market: Market, index: int) -> Json:
    """The codes of the market; some products have none (docs/api/medipim.md#product-codes)."""
    number = 1_000_003 + index * 37
    codes = {
        "cnk": f"{number % 10**7:07d}",
        "udi": f"0540{number % 10**10:010d}" if index % 14 == 1 else None,
        "nut": f"{number % 10**4:04d}/{index % 100}" if index % 14 == 2 else None,
        "ctiExtended": f"{number % 10**6:06d}-{index % 100:02d}",
        "cipOrAcl7": f"{number % 10**7:07d}",
        "cip13": None,
        "acl13": None,
        "ospId": str(number),
        "cisCode": f"6{number % 10**7:07d}",
        "pzn": f"{number % 10**8:08d}",
        "cn": f"{number % 10**6:06d}",
        # One ARTG number often sits on many pack sizes (docs/api/medipim.md#product-codes).
        "artgId": str(100_000 + index // 3),
        "pbs": f"{number % 10**5:05d}P",
        "fred": None,
        "zCode": f"Z{number % 10**6:06d}",
        **dict.fromkeys(BRACKETED_AU, f"{920000011000036000 + number:018d}"[:17]),
        "ndc": f"{number % 10**5:05d}-{index % 1000:03d}-{index % 100:02d}",
        "upc10": f"{number % 10**10:010d}",
        "upc11": f"0{number % 10**10:010d}",
        "upc12": f"0{number % 10**10:010d}" + check_digit(f"0{number % 10**10:010d}"),
        "hri": f"{number % 10**4:04d}-{index % 10**6:06d}",
        "pin": f"{number % 10**5:05d}-{index % 10**4:04d}-{index % 100:02d}",
        "hamacherCode": str(index % 100),
        "privateLabelType": ("NAT", "GDS", "QC")[index % 3],
        "brandEquivalent": ean13(market, number) if index % 7 == 2 else None,
    }
    if market.code == "fr":
        stem = f"{'3400' if index % 2 else '3401'}{number % 10**8:08d}"
        codes["cip13" if index % 2 else "acl13"] = stem + check_digit(stem)
    if index % 25 == 24:
        return dict.fromkeys(market.codes)
    return {name: codes[name] for name in market.codes}
