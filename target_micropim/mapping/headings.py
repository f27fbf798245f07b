"""Pure: the types of text that Medipim has, in the order in which a description shows them, and their headings.

Types: docs/api/medipim.md#description-types. Why this order stands on docs/mapping.md, beside each type.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FULL, LEGAL, KEYWORDS = "full_description", "legal_text", "keywords"


@dataclass(frozen=True)
class TextType:
    """A type of text: why it stands where it stands, and its heading by language; a full text needs none."""

    kind: str
    reason: str
    headings: Mapping[str, str]


def _type(kind: str, reason: str, **headings: str) -> TextType:
    return TextType(kind, reason, headings)


TEXT_TYPES: tuple[TextType, ...] = (
    _type(FULL, "the whole text, written to stand alone: it stands for all others but the legal text"),
    _type(
        "indication", "what the product is for: the one thing every buyer looks for",
        nl="Indicatie", fr="Indication", de="Anwendungsgebiet", es="Indicación", en="Indication",
    ),
    _type(
        "properties", "what it does",
        nl="Eigenschappen", fr="Propriétés", de="Eigenschaften", es="Propiedades", en="Properties",
    ),
    _type(
        "usage", "how it is used",
        nl="Gebruik", fr="Utilisation", de="Anwendung", es="Modo de empleo", en="Directions for use",
    ),
    _type(
        "usage_extended", "how it is used, in full",
        nl="Gebruik in detail", fr="Utilisation en détail", de="Anwendung im Einzelnen", es="Modo de empleo detallado",
        en="Directions for use in detail",
    ),
    _type(
        "usage_type", "where or by whom it is used",
        nl="Soort gebruik", fr="Type d'utilisation", de="Art der Anwendung", es="Tipo de uso", en="Type of use",
    ),
    _type(
        "composition", "what is in it",
        nl="Samenstelling", fr="Composition", de="Zusammensetzung", es="Composición", en="Composition",
    ),
    _type(
        "nutritional_value", "belongs to what is in it",
        nl="Voedingswaarde", fr="Valeurs nutritionnelles", de="Nährwerte", es="Valor nutricional",
        en="Nutritional value",
    ),
    _type(
        "contra_indication", "who must not use it",
        nl="Contra-indicaties", fr="Contre-indications", de="Gegenanzeigen", es="Contraindicaciones",
        en="Contraindications",
    ),
    _type(
        "warnings", "what to mind",
        nl="Waarschuwingen", fr="Mises en garde", de="Warnhinweise", es="Advertencias", en="Warnings",
    ),
    _type(
        "side_effects", "what may happen",
        nl="Bijwerkingen", fr="Effets indésirables", de="Nebenwirkungen", es="Efectos secundarios", en="Side effects",
    ),
    _type(
        "interactions", "what not to take with it",
        nl="Interacties", fr="Interactions", de="Wechselwirkungen", es="Interacciones", en="Interactions",
    ),
    _type(
        "pregnancy_description", "for some buyers alone",
        nl="Zwangerschap", fr="Grossesse", de="Schwangerschaft", es="Embarazo", en="Pregnancy",
    ),
    _type(
        "pregnancy_description_extended", "the same in full",
        nl="Zwangerschap in detail", fr="Grossesse en détail", de="Schwangerschaft im Einzelnen",
        es="Embarazo en detalle", en="Pregnancy in detail",
    ),
    _type(
        "breastfeeding_description", "for some buyers alone",
        nl="Borstvoeding", fr="Allaitement", de="Stillzeit", es="Lactancia", en="Breastfeeding",
    ),
    _type(
        "breastfeeding_description_extended", "the same in full",
        nl="Borstvoeding in detail", fr="Allaitement en détail", de="Stillzeit im Einzelnen", es="Lactancia en detalle",
        en="Breastfeeding in detail",
    ),
    _type("measurements", "sizes", nl="Afmetingen", fr="Dimensions", de="Maße", es="Medidas", en="Measurements"),
    _type(
        "faq", "the longest, and read last",
        nl="Veelgestelde vragen", fr="Questions fréquentes", de="Häufige Fragen", es="Preguntas frecuentes",
        en="Frequently asked questions",
    ),
    _type(
        LEGAL, "always the last, and never left out where the product requires one",
        nl="Wettelijke vermelding", fr="Mention légale", de="Pflichtangaben", es="Información legal", en="Legal notice",
    ),
    _type(
        KEYWORDS, "words for a search engine: shown only when description_parts names them",
        nl="Trefwoorden", fr="Mots-clés", de="Stichwörter", es="Palabras clave", en="Keywords",
    ),
)  # fmt: skip
KINDS = tuple(text_type.kind for text_type in TEXT_TYPES)
_BY_KIND = {text_type.kind: text_type.headings for text_type in TEXT_TYPES}


def heading(kind: str, language: str) -> str | None:
    """The heading of a type, in English where there is none in the language; None where it needs none."""
    headings = _BY_KIND[kind]
    return headings.get(language[:2], headings.get("en"))
