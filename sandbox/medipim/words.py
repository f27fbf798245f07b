"""Invented words in five languages, enough to make catalogue texts of a natural length."""

from collections.abc import Mapping

ROOTS: tuple[Mapping[str, str], ...] = (
    {"nl": "Verzorging", "fr": "Soins", "en": "Care", "de": "Pflege", "es": "Cuidado"},
    {"nl": "Gezondheid", "fr": "Santé", "en": "Health", "de": "Gesundheit", "es": "Salud"},
    {"nl": "Voeding", "fr": "Nutrition", "en": "Nutrition", "de": "Ernährung", "es": "Nutrición"},
    {"nl": "Moeder & baby", "fr": "Maman & bébé", "en": "Mother & baby", "de": "Mutter & Baby", "es": "Mamá y bebé"},
    {"nl": "Thuiszorg", "fr": "Soins à domicile", "en": "Home care", "de": "Hauspflege", "es": "Atención en casa"},
    {"nl": "Dieren", "fr": "Animaux", "en": "Animals", "de": "Tiere", "es": "Animales"},
)
CHILDREN: tuple[Mapping[str, str], ...] = (
    {"nl": "Kinderen", "fr": "Enfants", "en": "Children", "de": "Kinder", "es": "Niños"},
    {"nl": "Gezicht", "fr": "Visage", "en": "Face", "de": "Gesicht", "es": "Cara"},
    {"nl": "Lichaam", "fr": "Corps", "en": "Body", "de": "Körper", "es": "Cuerpo"},
    {"nl": "Handen", "fr": "Mains", "en": "Hands", "de": "Hände", "es": "Manos"},
    {"nl": "Haar", "fr": "Cheveux", "en": "Hair", "de": "Haare", "es": "Cabello"},
    {"nl": "Mond", "fr": "Bouche", "en": "Mouth", "de": "Mund", "es": "Boca"},
    {"nl": "Ogen", "fr": "Yeux", "en": "Eyes", "de": "Augen", "es": "Ojos"},
)
LEAVES: tuple[Mapping[str, str], ...] = (
    {"nl": "Crèmes", "fr": "Crèmes", "en": "Creams", "de": "Cremes", "es": "Cremas"},
    {"nl": "Gels", "fr": "Gels", "en": "Gels", "de": "Gele", "es": "Geles"},
    {"nl": "Sprays", "fr": "Sprays", "en": "Sprays", "de": "Sprays", "es": "Aerosoles"},
    {"nl": "Tabletten", "fr": "Comprimés", "en": "Tablets", "de": "Tabletten", "es": "Comprimidos"},
)
FORMS: Mapping[str, tuple[str, ...]] = {
    "nl": ("crème", "gel", "spray", "tabletten", "siroop", "shampoo", "druppels", "zalf"),
    "fr": ("crème", "gel", "spray", "comprimés", "sirop", "shampooing", "gouttes", "pommade"),
    "en": ("cream", "gel", "spray", "tablets", "syrup", "shampoo", "drops", "ointment"),
    "de": ("Creme", "Gel", "Spray", "Tabletten", "Sirup", "Shampoo", "Tropfen", "Salbe"),
    "es": ("crema", "gel", "spray", "comprimidos", "jarabe", "champú", "gotas", "pomada"),
}
SENTENCES: Mapping[str, tuple[str, ...]] = {
    "nl": (
        "Tweemaal daags aanbrengen op een schone en droge huid.",
        "Buiten het bereik van jonge kinderen houden.",
        "Verzacht de gevoelige huid en beschermt tegen uitdroging.",
        "Niet gebruiken bij overgevoeligheid voor één van de bestanddelen.",
    ),
    "fr": (
        "Appliquer deux fois par jour sur une peau propre et sèche.",
        "Tenir hors de portée des jeunes enfants.",
        "Apaise la peau sensible et protège contre le dessèchement.",
        "Ne pas utiliser en cas d'hypersensibilité à l'un des composants.",
    ),
    "en": (
        "Apply twice a day to clean and dry skin.",
        "Keep out of the reach of young children.",
        "Soothes sensitive skin and protects against dehydration.",
        "Do not use if you are hypersensitive to any of the ingredients.",
    ),
    "de": (
        "Zweimal täglich auf die saubere und trockene Haut auftragen.",
        "Außerhalb der Reichweite von Kindern aufbewahren.",
        "Beruhigt empfindliche Haut und schützt vor Austrocknung.",
        "Nicht anwenden bei Überempfindlichkeit gegen einen der Bestandteile.",
    ),
    "es": (
        "Aplicar dos veces al día sobre la piel limpia y seca.",
        "Mantener fuera del alcance de los niños.",
        "Calma la piel sensible y protege contra la deshidratación.",
        "No utilizar en caso de hipersensibilidad a algún componente.",
    ),
}
BRAND_STEMS = ("Exempl", "Rosal", "Vita", "Derma", "Nutri", "Oculi", "Senso", "Aqua", "Herba", "Pura", "Calmo", "Flora")
BRAND_ENDS = ("ia", "ba", "forte", "line", "med", "care", "vita", "plus")
INGREDIENTS = (
    "natriumchloride",
    "paracetamol",
    "ibuprofen",
    "glycerol",
    "ureum",
    "zinkoxide",
    "dexpanthenol",
    "loratadine",
    "macrogol",
    "simeticone",
    "cetirizine",
    "lactulose",
)
ROOM = {
    "nl": "Kamertemperatuur",
    "fr": "Température ambiante",
    "en": "Room temperature",
    "de": "Raumtemperatur",
    "es": "Temperatura ambiente",
}
LEGAL = {
    "nl": "Dit is een geneesmiddel, geen langdurig gebruik zonder medisch advies. Lees aandachtig de bijsluiter.",
    "fr": "Ceci est un médicament, pas d'utilisation prolongée sans avis médical. Lire attentivement la notice.",
    "en": "This is a medicine: no prolonged use without medical advice. Read the leaflet carefully.",
    "de": "Zu Risiken und Nebenwirkungen lesen Sie die Packungsbeilage und fragen Sie Ihren Arzt oder Apotheker.",
    "es": "Lea las instrucciones de este medicamento y consulte al farmacéutico.",
}
_COLOURS = {
    "nl": ("wit", "blauw", "rood", "geel", "groen", "zwart", "roze", "bruin"),
    "fr": ("blanc", "bleu", "rouge", "jaune", "vert", "noir", "rose", "brun"),
    "en": ("white", "blue", "red", "yellow", "green", "black", "pink", "brown"),
    "de": ("weiß", "blau", "rot", "gelb", "grün", "schwarz", "rosa", "braun"),
    "es": ("blanco", "azul", "rojo", "amarillo", "verde", "negro", "rosa", "marrón"),
}
_TASTES = {
    "nl": ("munt", "citroen", "sinaasappel", "aardbei", "vanille", "honing", "neutraal", "framboos"),
    "fr": ("menthe", "citron", "orange", "fraise", "vanille", "miel", "neutre", "framboise"),
    "en": ("mint", "lemon", "orange", "strawberry", "vanilla", "honey", "neutral", "raspberry"),
    "de": ("Minze", "Zitrone", "Orange", "Erdbeere", "Vanille", "Honig", "neutral", "Himbeere"),
    "es": ("menta", "limón", "naranja", "fresa", "vainilla", "miel", "neutro", "frambuesa"),
}
# Code, name and options of each.
ATTRIBUTES: tuple[tuple[str, Mapping[str, str], Mapping[str, tuple[str, ...]]], ...] = (
    (
        "galenic_shape",
        {"nl": "Galenische vorm", "fr": "Forme galénique", "en": "Galenic shape", "de": "Darreichungsform",
         "es": "Forma galénica"},
        FORMS,
    ),
    ("color", {"nl": "Kleur", "fr": "Couleur", "en": "Colour", "de": "Farbe", "es": "Color"}, _COLOURS),
    ("taste", {"nl": "Smaak", "fr": "Goût", "en": "Taste", "de": "Geschmack", "es": "Sabor"}, _TASTES),
)  # fmt: skip
