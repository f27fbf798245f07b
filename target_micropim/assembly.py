"""The collaborators of one run, built once and wired. The only ``new`` in town."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from target_micropim.api.client import MicroPimClient
from target_micropim.api.once import Once
from target_micropim.engine import Engine, Parts
from target_micropim.entities.categories import Categories
from target_micropim.entities.identity import Identity
from target_micropim.entities.media import Asked
from target_micropim.entities.names import Names
from target_micropim.ledger import Ledger
from target_micropim.mapping.profiles import Profile
from target_micropim.report.plan_file import About
from target_micropim.report.rejects import Rejects
from target_micropim.report.run_report import Report
from target_micropim.roads.categories import CategoryRoad
from target_micropim.roads.endings import Endings
from target_micropim.roads.guards import Guards
from target_micropim.roads.products import ProductParts, ProductRoad
from target_micropim.roads.settlement import Settlement
from target_micropim.roads.upsert import Upserter
from target_micropim.roads.workers import KeyedPool
from target_micropim.settings.shaping import options_of, profile_of, settings_digest
from target_micropim.settings.values import TargetSettings


@dataclass(frozen=True)
class Tools:
    """What a run brings along: the same road runs over a real client and ledger, and over those of a plan."""

    config: Mapping[str, Any]
    settings: TargetSettings
    client: MicroPimClient
    ledger: Ledger
    report: Report
    rejects: Rejects
    settlement: Settlement
    names: Names
    pool: KeyedPool
    breathe: Callable[[int], None]
    preflight: Callable[[], None]
    trouble_with: Asked
    look_back: Callable[[], None]
    about: About


def engine_of(tools: Tools) -> Engine:
    """The engine with all its parts."""
    config, settings = tools.config, tools.settings
    profile, guards = profile_of(config, settings), Guards(settings.max_rejects, settings.max_archive)
    endings = Endings(tools.settlement, tools.report, tools.rejects, guards)
    once = Once(tools.breathe)
    categories = Categories(tools.client, tools.ledger, once, config.get("category_root"), config["max_category_depth"])
    return Engine(
        Parts(
            profile=profile,
            categories=CategoryRoad(profile, categories, endings, tools.about),
            products=ProductRoad(_product_parts(tools, profile, categories, once, guards), endings),
            endings=endings,
            names=tools.names,
            report=tools.report,
            settlement=tools.settlement,
            pool=tools.pool,
            guards=guards,
            preflight=tools.preflight,
            look_back=tools.look_back,
            on_unknown_stream=config["on_unknown_stream"],
        )
    )


def _product_parts(tools: Tools, profile: Profile, categories: Categories, once: Once, guards: Guards) -> ProductParts:
    known = tools.settings.capabilities
    identity = Identity(tools.client, tools.ledger, tools.settings.match_on, tools.config["lookup"], known)
    upserter = Upserter(
        profile.product,
        tools.client,
        tools.ledger,
        identity,
        tools.names,
        categories,
        tools.report,
        once,
        options_of(tools.config, tools.settings),
        tools.trouble_with,
    )
    return ProductParts(
        profile=profile,
        ledger=tools.ledger,
        identity=identity,
        names=tools.names,
        categories=categories,
        upserter=upserter,
        pool=tools.pool,
        guards=guards,
        report=tools.report,
        settings_digest=settings_digest(tools.config, tools.settings),
        about=tools.about,
    )
