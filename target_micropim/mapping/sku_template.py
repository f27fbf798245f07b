"""Pure: what the setting ``sku_template`` may say, as far as that can be known before a record is there."""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

from target_micropim.mapping.medipim_fields import markets_of
from target_micropim.mapping.source_names import misspelt

_TREES = frozenset({"object", "array"})


def fields_in(template: str) -> list[str]:
    """The fields that a SKU is made of."""
    return [name for _text, name, _spec, _conversion in Formatter().parse(template) if name]


def checked_template(template: str, source_fields: Mapping[str, Any]) -> str:
    """The template, when it makes sense. Raises ValueError.

    ``source_fields`` are Medipim's, as its schema has them; empty for the native profile, which makes no SKU. Others
    pass too, since a stream map may add its own, unless they look misspelt.
    """
    parts = [(name, spec, conversion) for _text, name, spec, conversion in Formatter().parse(template)]
    names = [name for name, _spec, _conversion in parts if name is not None]
    if not names or any(not name.isidentifier() for name in names) or any(spec or conv for _, spec, conv in parts):
        raise ValueError("must name fields of a product in braces, like {id} or MDP-{cnk}")
    problems = [problem for name in names if (problem := _problem(name, source_fields))]
    if problems:
        raise ValueError("; ".join(problems))
    return template


def _problem(name: str, source_fields: Mapping[str, Any]) -> str | None:
    if close := misspelt(name, source_fields):
        return f"Medipim has no field {name}; is {close} meant?"
    if not _TREES.isdisjoint(source_fields.get(name, {}).get("type", ())):
        return f"{name} holds more than one value, which makes no SKU; take one like id or cnk"
    return None


def odd_fields(template: str, source_fields: Mapping[str, Any], market: str | None) -> Iterator[str]:
    """What leaves every product without a SKU unless a stream map adds the field, which is not known before."""
    for name in fields_in(template):
        if name not in source_fields:
            yield (
                f"sku_template: Medipim has no field {name}: unless a stream map adds it, no product has a SKU; "
                "take one like id or cnk"
            )
        elif market and market not in markets_of(name):
            has = ", ".join(markets_of(name))
            yield f"sku_template: {name} is known in market {has}, and market is {market}: products without it stay out"
