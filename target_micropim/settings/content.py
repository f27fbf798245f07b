"""The settings about content: fields, categories, attributes, pictures, brands."""

from typing import Any

from singer_sdk import typing as th

from pim_wire.docs_site import docs_page
from target_micropim.mapping.category_sources import CATEGORY_SOURCES

FORMATS = (
    "huge", "hugeJpg", "hugeJpeg", "hugePng", "large", "largeJpg", "largeJpeg", "largePng", "mediumJpeg", "medium",
)  # fmt: skip

Text = th.StringType(nullable=False)
Map = th.CustomType({"type": ["object", "string", "null"]})
Parts = th.CustomType({"type": ["array", "object", "string", "null"], "items": {"type": ["string", "object"]}})
Rows = th.CustomType({"type": ["array", "object", "string", "null"]})
Texts = th.CustomType({"type": ["array", "string", "null"], "items": {"type": "string"}})


class Shaping(th.Property[Any]):
    """A setting that shapes what a product becomes: when it changes, every record counts as changed."""


class Operating(th.Property[Any]):
    """A setting that steers how a run works: what was written stays right when it changes."""


def choice(
    kind: type[Shaping] | type[Operating],
    name: str,
    default: str | None,
    options: list[str],
    title: str,
    description: str,
) -> Shaping | Operating:
    """A setting with a closed list of values; without a default it may be unset."""
    type_ = Text if default is not None else th.StringType
    return kind(name, type_, default=default, allowed_values=options, title=title, description=description)


CONTENT: tuple[Shaping | Operating, ...] = (
    Shaping(
        "field_policies",
        Map,
        title="Field policies",
        description="Per field: create_only, if_empty, if_source_changed, always or never.",
    ),
    Shaping(
        "field_map",
        Map,
        title="Field map",
        description="Per MicroPIM field the Medipim field to take instead, as a dotted path, or null to leave it out: "
        '{"short_description": "descriptions.indication", "cost_price": null}.',
    ),
    Shaping(
        "extra_fields",
        Map,
        title="Extra fields",
        description="Fields that MicroPIM does not document, to send with products: a path into the record, or a value "
        'for all: {"vat_rate_id": {"value": 3}, "manufacturer_code": "supplierReference"}.',
    ),
    Shaping(
        "text_target_groups",
        Texts,
        default=["public", "webshop"],
        title="Text target groups",
        description="Take texts meant for one of these groups, such as pharmacist for a shop between firms. Empty "
        "list: all.",
    ),
    Shaping(
        "description_parts",
        Parts,
        title="Parts of the description",
        description="Types of text that make the description, in their order: a list of types; of objects with a "
        'heading of your own, [{"type": "usage", "heading": {"nl": "Zo gebruik je het"}}] (false: none); or '
        f'{{"headings": false, "parts": [...]}}. Unset: all of {docs_page("mapping")}, under headings.',
    ),
    Shaping(
        "clear_missing",
        th.BooleanType(nullable=False),
        default=False,
        title="Clear missing values",
        description="Empty a field in MicroPIM when the source has no value any more and nobody changed it.",
    ),
    choice(
        Shaping,
        "invalid_ean",
        "drop",
        ["drop", "error", "send"],
        "Wrong EAN",
        "When no code has a right check digit: leave the EAN out with a warning, refuse the record, or send it.",
    ),
    choice(
        Shaping,
        "native_html",
        "clean",
        ["clean", "keep"],
        "HTML of native records",
        "Profile native only: reduce HTML to a short list of safe tags, as with Medipim's, or keep it as it is.",
    ),
    Shaping(
        "decimal_comma",
        th.BooleanType(nullable=False),
        default=False,
        title="Decimal commas",
        description="Profile native only: numbers that are texts have a comma before their decimals, as in 8,95.",
    ),
    choice(
        Shaping,
        "on_too_long",
        "reject",
        ["reject", "cut"],
        "Too long texts",
        "A text longer than its limit: refuse the record, or cut the text with a warning.",
    ),
    Shaping(
        "max_name_length",
        th.IntegerType(nullable=False, minimum=1, maximum=255),
        default=255,
        title="Longest name",
        description="Most characters of a product's name.",
    ),
    Shaping(
        "max_description_length",
        th.IntegerType(nullable=False, minimum=1, maximum=65_000),
        default=65_000,
        title="Longest text",
        description="Most characters of a description or short description.",
    ),
    Shaping(
        "max_short_description_length",
        th.IntegerType(nullable=False, minimum=20, maximum=65_000),
        default=500,
        title="Longest short text",
        description="Most characters of a short description that is made of a longer text: whole sentences or words. "
        "One that was written as a short text, or comes by field_map, goes whole, and is told.",
    ),
    choice(
        Shaping,
        "categories_mode",
        "add",
        ["off", "add", "managed", "replace"],
        "Categories",
        "off: none. add: make them and add products to them. managed: also take products out of those of our "
        "categories that the source dropped. replace: take them out of every category that the source does not name.",
    ),
    choice(
        Shaping,
        "category_source",
        "public",
        [*CATEGORY_SOURCES],
        "Category tree",
        "Which of Medipim's trees becomes the shop's categories; the tap has a stream for each. fine_line: us. bcfi, "
        "apb, atc: be. osp: fr. medipim: be, fr.",
    ),
    Operating(
        "update_categories",
        th.BooleanType(nullable=False),
        default=False,
        title="Update categories",
        description="Rename and move categories in MicroPIM when the source does, and put new ones in its order.",
    ),
    Operating(
        "max_category_depth",
        th.IntegerType(nullable=False, minimum=1, maximum=40),
        default=10,
        title="Deepest category",
        description="A category that would be deeper, counted from the top of MicroPIM's tree, is refused.",
    ),
    choice(
        Shaping,
        "attributes_mode",
        "off",
        ["off", "definitions", "values"],
        "Attributes",
        "off: none. definitions: make missing definitions. values: also send values; an experiment that switches "
        "itself off when MicroPIM does not show them.",
    ),
    Shaping(
        "attribute_template",
        Map,
        title="Attribute template",
        description="The body of a new attribute definition, which MicroPIM does not document; {name}, {code} and "
        '{type} are filled in. Unset: {"name": "{name}", "code": "{code}", "type": "{type}"}.',
    ),
    Shaping(
        "update_attributes",
        th.BooleanType(nullable=False),
        default=False,
        title="Update definitions",
        description="Bring definitions that are there in line with attribute_template; never their code or type.",
    ),
    Shaping(
        "attributes_to_description",
        Texts,
        default=[],
        title="Attributes in the description",
        description="Codes of attributes to show as a small table under the description, or all. Empty: none.",
    ),
    Shaping(
        "attribute_codes",
        Texts,
        default=["default"],
        title="Which attributes",
        description="Codes of attributes to take: default (those that most shops want, and Medipim's own), all, or "
        "codes by name, also beside default.",
    ),
    Shaping(
        "category_root",
        th.StringType,
        title="Category root",
        description="Path under which categories are made, for example Shop > Medipim. Empty: the top.",
    ),
    choice(
        Shaping,
        "media_mode",
        "append",
        ["off", "append"],
        "Pictures",
        "off: none. append: add what is missing, replace nothing.",
    ),
    choice(
        Shaping,
        "on_unknown_media",
        "skip",
        ["skip", "append", "only_if_empty"],
        "Pictures of unknown origin",
        "A product that has pictures this ledger does not know: skip ours for good, append them, or wait until it "
        "has none.",
    ),
    choice(
        Shaping,
        "media_changes",
        "report",
        ["report", "append"],
        "Changed pictures",
        "A picture changed in the source: list it for a person, or append the new one beside the old.",
    ),
    Shaping(
        "media_formats",
        Texts,
        default=list(FORMATS),
        title="Picture formats",
        description="Medipim's formats in order of preference; those that are not named, such as hugeWebp, do not go.",
    ),
    Shaping(
        "media_target_groups",
        Texts,
        default=["public", "webshop"],
        title="Picture target groups",
        description="Take pictures meant for one of these groups. Empty list: all.",
    ),
    Shaping(
        "max_images",
        th.IntegerType(nullable=False, minimum=0),
        default=10,
        title="Most pictures",
        description="At most this many pictures a product, counted over all runs.",
    ),
    Shaping(
        "allow_private_media_hosts",
        th.BooleanType(nullable=False),
        default=False,
        title="Allow private picture hosts",
        description="Hand on picture addresses in private networks.",
    ),
    Operating(
        "check_media_urls",
        th.BooleanType(nullable=False),
        default=False,
        title="Check picture addresses",
        description="Ask each picture's address before it is sent; one that does not answer is not sent, but listed.",
    ),
    Shaping(
        "brand_map",
        Map,
        title="Brand map",
        description="Brand name to MicroPIM id: an object, or a CSV file, such as a filled in unmapped.csv.",
    ),
    Shaping(
        "supplier_map",
        Map,
        title="Supplier map",
        description="Supplier name to MicroPIM id: an object, or a CSV file, such as a filled in unmapped.csv.",
    ),
    Shaping(
        "drop_unmapped",
        th.BooleanType(nullable=False),
        default=False,
        title="Drop refused brands",
        description="When MicroPIM refuses a product, try once without its brand and supplier.",
    ),
    Shaping(
        "publishing_channels",
        Texts,
        default=[],
        title="Publishing channels",
        description="Channels a new product gets. Empty: none is sent.",
    ),
    Shaping(
        "channel_rules",
        Rows,
        title="Channels and status by rule",
        description="Rows by which a new product gets its channels and status; the first that fits decides: "
        '[{"when": {"prescription": true}, "publishing_channels": []}].',
    ),
    choice(
        Operating,
        "on_missing_channel",
        "leave_out",
        ["leave_out", "fail"],
        "Missing channels",
        "A publishing channel that the organization has not set up: leave it out with a warning, or stop the run.",
    ),
)
