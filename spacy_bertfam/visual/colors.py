"""Colours of entity labels: those that displaCy lacks of the common sets, and a stable one for any other."""

import colorsys
import zlib

# displaCy colours OntoNotes itself. A synonym takes the colour that displaCy gives to its OntoNotes name, and
# no name that displaCy knows is repeated: installing this package must not repaint the pages of other
# pipelines. displaCy compares labels in capitals, so that "Person" of WiNER finds PERSON.
LABEL_COLORS: dict[str, str] = {
    # CoNLL
    "PER": "#aa9cfc",  # as PERSON; LOC and ORG are displaCy's
    "MISC": "#ffd873",
    # WiNER and other corpora that write the names out; Person, Date, Event, Product are displaCy's
    "PERS": "#aa9cfc",
    "LOCATION": "#ff9561",
    "ORGANIZATION": "#7aecec",
    "ORGANISATION": "#7aecec",
    "HOUR": "#cfdf9a",
    # French press and administration; CARDINAL is displaCy's
    "PERSONNE": "#aa9cfc",
    "LIEU": "#ff9561",
    "ACT": "#ffb3d1",
    "FT": "#a9d1ff",
    "TITRE": "#f0d0ff",
    # biomedical
    "CHEMICAL": "#8fd3ff",
    "DRUG": "#8fd3ff",
    "DISEASE": "#ff9aa6",
    "GENE": "#b9e683",
    "PROTEIN": "#f2b8ff",
    "SPECIES": "#ffd08a",
    "CELL_LINE": "#9fe3c8",
    "CELL_TYPE": "#9fe3c8",
    "DNA": "#d3e27c",
    "RNA": "#e8d58c",
}


def hashed_color(label: str) -> str:
    """RETURNS (str): a pale "#rrggbb" that depends on the label alone: the same in every run."""
    # hash() of a str is salted anew in each process
    hue = zlib.crc32(label.upper().encode("utf8")) / 2**32
    red, green, blue = colorsys.hls_to_rgb(hue, 0.8, 0.7)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
