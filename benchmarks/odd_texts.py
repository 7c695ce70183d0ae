"""Texts whose characters are treated differently by tokenizers: the ones where alignment goes wrong first."""

from typing import Dict

# what is odd -> a text with it; the marks stand as escapes, to be seen
ODD_TEXTS: Dict[str, str] = {
    "double spaces": "Hier,  Marie  Vasseur  est arrivée  à  Rouen  avec   Paul Leroy.",
    "tabs": "Nom :\tMarie Vasseur\tVille :\tRouen\tEmployeur :\tBanque de Lyon",
    "newlines": "Marie\nVasseur a quitté\n\nRouen\r\npour Saint-\nÉtienne, en France.\n",
    "space at the borders": "  \n Rouen, le 3 mai 2017. Paul Leroy parle à l'ONU. \t ",
    "emoji": "Paul Leroy 😀 adore Marseille🔥 et le Brésil 🇧🇷 !",
    "ZWJ sequences": "La famille 👨\u200d👩\u200d👧 de Paul Leroy vit à Nice 🏳\ufe0f\u200d🌈 en France.",
    "combining accents": "He\u0301le\u0300ne Marchand vit a\u0300 Orle\u0301ans, en Gue\u0301rande.",
    "NBSP": "M.\u00a0Paul\u00a0Leroy habite à\u00a0Paris\u00a0; l’ONU\u00a0: 3\u00a0000\u00a0€.",
    "narrow spaces": "«\u202fMarie Vasseur\u202f» a quitté Lille\u202f! À Paris\u2009: 12\u202f000 habitants.",
    "straight apostrophes": "L'équipe d'Italie bat celle d'Angleterre, selon l'AFP et l'Équipe.",
    "typographic apostrophes": "L’équipe d’Italie bat celle d’Angleterre, selon l’AFP et l’Équipe.",
    "RTL marks": "Le roi \u202bمحمد\u202c reçoit Paul\u200f Leroy à \u200eRabat\u200f, au Maroc.",
    "zero-width characters": "Ma\u200brie Vas\u200cseur est à Rou\u2060en, \ufeffFrance.",
    "soft hyphens": "Le Parle\u00adment euro\u00adpéen siège à Stras\u00adbourg.",
    "dashes": "Jean-Baptiste Dupont-Durand – maire d'Aix-en-Provence — va à Paris/Lyon.",
    "slashes and digits": "Paris2024, le 14/07/2017 à 20h30: PSG-OM (2-1), F-16, G20/G7.",
    "ligatures and full width": "Le bœuf de Cœuvres-et-Valsery, ﬁnale à Ｐａｒｉｓ, n° Ⅳ, ½ de Lyon.",
    "capitals": "LE PRÉSIDENT EMMANUEL MACRON EST À BRUXELLES AVEC ANGELA MERKEL.",
    "a word without an end": "Rouen " + "anticonstitution" * 20 + " Paris, en France.",
    "control characters": "Paul\x00Leroy\x07 est à\x1f Lyon\x85 avec Marie\u2028Vasseur.",
    "nothing but space": " \t\n\u00a0\u200b ",
    "nothing": "",
}
