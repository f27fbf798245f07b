"""Pure: the attributes that Medipim's fields become, one row each; docs/mapping.md is made of it.

A row that few shops want is off by default and taken by ``attribute_codes``. What a field has a place for elsewhere
(name, texts, prices, EAN, brand, categories, pictures) needs no row: ``mapping/medipim_fields.py`` has a line for each.
Names are those of the shop's language. A name that was used before stays known, so that no definition is made twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ALL_MARKETS = ("be", "fr", "de", "es", "au", "us")
Kind = Literal["text", "boolean", "date", "money"]


@dataclass(frozen=True)
class AttributeRow:
    """An attribute, the fields it is taken from (the first that is filled) and the markets that have them.

    ``names`` by language, English always; ``kind``: ``date`` is of unix seconds, ``money`` of cents.
    """

    code: str
    names: Mapping[str, str]
    paths: tuple[str, ...]
    markets: tuple[str, ...] = ALL_MARKETS
    kind: Kind = "text"
    unit: str = ""
    is_list: bool = False
    by_default: bool = True

    def name(self, locale: str) -> str:
        """The name in a language, English where there is none."""
        return self.names.get(locale, self.names["en"])


def _code(code: str, name: str, path: str, *markets: str, by_default: bool = True) -> AttributeRow:
    """A code that bears the same name in every language."""
    return AttributeRow(code, {"en": name}, (path,), markets, by_default=by_default)


def _in(en: str, nl: str, fr: str, de: str, es: str) -> Mapping[str, str]:
    return {"en": en, "nl": nl, "fr": fr, "de": de, "es": es}


_PRODUCT_CODES = (
    _code("cnk", "CNK", "cnk", "be"),
    _code("udi", "UDI", "udi", "be"),
    _code("nut", "NUT", "nut", "be"),
    _code("cti_extended", "CTI extended", "ctiExtended", "be"),
    _code("cip7", "CIP/ACL 7", "cipOrAcl7", "fr"),
    _code("cip13", "CIP13", "cip13", "fr"),
    _code("acl13", "ACL13", "acl13", "fr"),
    _code("osp_id", "OSP id", "ospId", "fr"),
    _code("cis_code", "CIS", "cisCode", "fr"),
    _code("pzn", "PZN", "pzn", "de"),
    _code("cn", "Código Nacional", "cn", "es"),
    _code("artg_id", "ARTG id", "artgId", "au"),
    _code("pbs", "PBS", "pbs", "au"),
    _code("fred", "Fred", "fred", "au"),
    _code("z_code", "Z code", "zCode", "au"),
    _code("snomed_ctpp", "SNOMED CTPP", "snomedCtpp", "au"),
    _code("snomed_tpp", "SNOMED TPP", "snomedTpp", "au"),
    _code("snomed_mpp", "SNOMED MPP", "snomedMpp", "au"),
    _code("snomed_mp", "SNOMED MP", "snomedMp", "au", by_default=False),
    _code("snomed_mpuu", "SNOMED MPUU", "snomedMpuu", "au", by_default=False),
    _code("snomed_tp", "SNOMED TP", "snomedTp", "au", by_default=False),
    _code("snomed_tpuu", "SNOMED TPUU", "snomedTpuu", "au", by_default=False),
    _code("schedule", "Schedule", "scheduleCode", "au"),
    _code("ndc", "NDC", "ndc", "us"),
    _code("upc10", "UPC 10", "upc10", "us"),
    _code("upc11", "UPC 11", "upc11", "us"),
    _code("upc12", "UPC 12", "upc12", "us"),
    _code("hri", "HRI", "hri", "us"),
    _code("pin", "PIN", "pin", "us"),
    _code("hamacher_code", "Hamacher code", "hamacherCode", "us"),
    _code("private_label_type", "Private label type", "privateLabelType", "us", by_default=False),
    AttributeRow("brand_equivalent", {"en": "Brand equivalent"}, ("brandEquivalent",), ("us",), is_list=True),
    _code("gtin", "GTIN", "gtin", *ALL_MARKETS, by_default=False),
    AttributeRow(
        "hs_code", _in("HS code", "GS-code", "Code SH", "HS-Code", "Código SA"), ("hsCode",), by_default=False
    ),
)

_SUBSTANCE = (
    AttributeRow("atc", {"en": "ATC"}, ("atcCategory", "atc"), is_list=True),
    AttributeRow(
        "active_ingredients",
        _in("Active ingredients", "Actieve bestanddelen", "Principes actifs", "Wirkstoffe", "Principios activos"),
        ("activeIngredients",),
        is_list=True,
    ),
    AttributeRow(
        "product_families",
        _in("Product families", "Productfamilies", "Familles de produits", "Produktfamilien", "Familias de productos"),
        ("productFamilies",),
        is_list=True,
    ),
    AttributeRow(
        "prescription",
        _in("Prescription", "Voorschrift", "Ordonnance", "Rezeptpflichtig", "Receta"),
        ("prescription",),
        ("be", "fr"),
        kind="boolean",
    ),
    AttributeRow(
        "written_request",
        _in(
            "Written request by the patient",
            "Schriftelijke aanvraag van de patiënt",
            "Demande écrite du patient",
            "Schriftliche Anfrage des Patienten",
            "Solicitud escrita del paciente",
        ),
        ("writtenRequestByPatient",),
        ("be",),
        kind="boolean",
        by_default=False,
    ),
    AttributeRow(
        "biocide",
        _in("Biocide", "Biocide", "Biocide", "Biozid", "Biocida"),
        ("biocide",),
        kind="boolean",
        by_default=False,
    ),
    AttributeRow(
        "requires_legal_text",
        _in(
            "Legal text required",
            "Wettelijke tekst verplicht",
            "Texte légal obligatoire",
            "Pflichttext erforderlich",
            "Texto legal obligatorio",
        ),
        ("requiresLegalText",),
        kind="boolean",
        by_default=False,
    ),
)

_SIZE_AND_STORAGE = (
    AttributeRow(
        "conservation",
        _in("Conservation", "Bewaring", "Conservation", "Aufbewahrung", "Conservación"),
        ("conservationLabel", "conservation"),
    ),
    AttributeRow(
        "conservation_min",
        _in(
            "Conservation from", "Bewaren vanaf", "Conserver à partir de", "Aufbewahrung ab", "Conservación desde"
        ),
        ("conservationMin.celsius",),
    ),
    AttributeRow(
        "conservation_max",
        _in("Conservation up to", "Bewaren tot", "Conserver jusqu'à", "Aufbewahrung bis", "Conservación hasta"),
        ("conservationMax.celsius",),
    ),
    AttributeRow(
        "weight", _in("Weight", "Gewicht", "Poids", "Gewicht", "Peso"), ("weightWithUnit", "weight"), unit="g"
    ),
    AttributeRow(
        "width", _in("Width", "Breedte", "Largeur", "Breite", "Anchura"), ("widthWithUnit", "width"), unit="mm"
    ),
    AttributeRow(
        "length", _in("Length", "Lengte", "Longueur", "Länge", "Longitud"), ("lengthWithUnit", "length"), unit="mm"
    ),
    AttributeRow(
        "depth", _in("Depth", "Diepte", "Profondeur", "Tiefe", "Profundidad"), ("depthWithUnit", "depth"), unit="mm"
    ),
    AttributeRow(
        "package_content",
        _in("Package content", "Inhoud verpakking", "Contenu de l'emballage", "Packungsinhalt", "Contenido del envase"),
        ("packageContent",),
    ),
    AttributeRow(
        "package_quantity",
        _in(
            "Package quantity", "Hoeveelheid verpakking", "Quantité de l'emballage", "Packungsmenge",
            "Cantidad del envase",
        ),
        ("packageQuantity",),
    ),
    AttributeRow(
        "packaging_unit",
        _in("Packaging unit", "Eenheid verpakking", "Unité d'emballage", "Packungseinheit", "Unidad de envase"),
        ("packagingUnit",),
    ),
)  # fmt: skip

_MONEY = (
    AttributeRow("vat", _in("VAT", "Btw", "TVA", "MwSt.", "IVA"), ("vat",), ("be", "fr", "de", "es", "au"), unit="%"),
    AttributeRow(
        "pharmacist_price",
        _in(
            "Pharmacist price", "Apothekersprijs", "Prix pharmacien", "Apothekeneinkaufspreis", "Precio de farmacia"
        ),
        ("pharmacistPrice",),
        ("be", "fr", "de", "es", "au"),
        kind="money",
        by_default=False,
    ),
    AttributeRow(
        "manufacturer_price",
        _in("Manufacturer price", "Fabrikantsprijs", "Prix fabricant", "Herstellerpreis", "Precio de fabricante"),
        ("manufacturerPrice",),
        ("be", "fr", "de", "es", "au"),
        kind="money",
        by_default=False,
    ),
    AttributeRow(
        "tfr_price", _in("TFR price", "TFR-prijs", "Prix TFR", "TFR-Preis", "Precio TFR"), ("tfrPrice",), ("fr",),
        kind="money", by_default=False,
    ),
    AttributeRow(
        "reimbursement_rate",
        _in(
            "Reimbursement rate", "Terugbetalingstarief", "Taux de remboursement", "Erstattungssatz",
            "Tasa de reembolso",
        ),
        ("reimbursementRate",),
        ("fr",),
        by_default=False,
    ),
    AttributeRow(
        "refund_with_omnio",
        _in(
            "Refund with Omnio", "Terugbetaling met Omnio", "Remboursement avec Omnio", "Erstattung mit Omnio",
            "Reembolso con Omnio",
        ),
        ("refundValueWithOmnio",),
        ("be",),
        kind="money",
        unit="EUR",
        by_default=False,
    ),
    AttributeRow(
        "refund_without_omnio",
        _in(
            "Refund without Omnio", "Terugbetaling zonder Omnio", "Remboursement sans Omnio", "Erstattung ohne Omnio",
            "Reembolso sin Omnio",
        ),
        ("refundValueWithoutOmnio",),
        ("be",),
        kind="money",
        unit="EUR",
        by_default=False,
    ),
)  # fmt: skip

_LINKS = (
    AttributeRow(
        "leaflet",
        _in("Patient leaflet", "Bijsluiter", "Notice", "Packungsbeilage", "Prospecto"),
        ("leaflets.pil",),
    ),
    AttributeRow(
        "summary_of_characteristics",
        _in(
            "Summary of product characteristics",
            "Samenvatting van de productkenmerken",
            "Résumé des caractéristiques du produit",
            "Fachinformation",
            "Ficha técnica",
        ),
        ("leaflets.spc",),
    ),
    AttributeRow("video", _in("Video", "Video", "Vidéo", "Video", "Vídeo"), ("links.video",)),
    AttributeRow("brochure", _in("Brochure", "Brochure", "Brochure", "Broschüre", "Folleto"), ("links.brochure",)),
    AttributeRow("website", _in("Website", "Website", "Site web", "Website", "Sitio web"), ("links.website",)),
    AttributeRow("app", _in("App", "App", "Application", "App", "Aplicación"), ("links.app",)),
)

_HOUSES = (
    AttributeRow(
        "supplier_reference",
        _in(
            "Supplier reference", "Leveranciersreferentie", "Référence fournisseur", "Lieferantenreferenz",
            "Referencia del proveedor",
        ),
        ("supplierReference",),
    ),
    AttributeRow(
        "brands", _in("Brands", "Merken", "Marques", "Marken", "Marcas"), ("brands",), is_list=True, by_default=False
    ),
    AttributeRow(
        "suppliers",
        _in("Suppliers", "Leveranciers", "Fournisseurs", "Lieferanten", "Proveedores"),
        ("organizations.supplier",),
        is_list=True,
        by_default=False,
    ),
    AttributeRow(
        "marketed_by",
        _in("Marketed by", "Op de markt gebracht door", "Commercialisé par", "Vertrieben von", "Comercializado por"),
        ("organizations.marketing",),
        is_list=True,
        by_default=False,
    ),
    AttributeRow(
        "other_organizations",
        _in(
            "Other organizations", "Andere organisaties", "Autres organisations", "Weitere Organisationen",
            "Otras organizaciones",
        ),
        ("organizations.other",),
        is_list=True,
        by_default=False,
    ),
    AttributeRow(
        "medical_professionals",
        _in(
            "Medical professionals", "Zorgverleners", "Professionnels de santé", "Fachkreise",
            "Profesionales sanitarios",
        ),
        ("organizations.medical_professional",),
        is_list=True,
        by_default=False,
    ),
)  # fmt: skip


def _category(code: str, name: str, path: str, *markets: str, is_list: bool = False) -> AttributeRow:
    names = _in(f"{name} category", f"{name}-categorie", f"Catégorie {name}", f"{name}-Kategorie", f"Categoría {name}")
    return AttributeRow(code, names, (path,), markets, is_list=is_list, by_default=False)


_GROUPS = (
    _category("bcfi_category", "BCFI", "bcfiCategory", "be"),
    _category("apb_category", "APB", "apbCategory", "be"),
    _category("osp_category", "OSP", "ospCategory", "fr"),
    _category("medipim_category", "Medipim", "medipimCategories", "be", "fr", is_list=True),
    _category("fine_line_category", "Fine Line", "fineLineCategory", "us", is_list=True),
    _category("gs1_category", "GS1", "gs1Category.title", "au"),
)

_LIFE = (
    AttributeRow(
        "replacement",
        _in("Replaced by", "Vervangen door", "Remplacé par", "Ersetzt durch", "Sustituido por"),
        ("replacement", "replacement.id"),
        by_default=False,
    ),
    AttributeRow(
        "official_deletion",
        _in("End of sale", "Einde verkoop", "Fin de commercialisation", "Ende des Verkaufs", "Fin de comercialización"),
        ("officialDeletionAt",),
        kind="date",
        by_default=False,
    ),
    AttributeRow(
        "ecommerce",
        _in("Online sale", "Onlineverkoop", "Vente en ligne", "Onlineverkauf", "Venta en línea"),
        ("ecommerce",),
        ("be",),
        by_default=False,
    ),
)

ATTRIBUTES: tuple[AttributeRow, ...] = (
    *_PRODUCT_CODES, *_SUBSTANCE, *_SIZE_AND_STORAGE, *_MONEY, *_LINKS, *_HOUSES, *_GROUPS, *_LIFE,
)  # fmt: skip
CODES = frozenset(row.code for row in ATTRIBUTES)
