"""Reads the Icecat products: names, brands, prices, typed attributes and pictures are the source's own."""

import html
import json
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from attribute_names import humanise
from categories import Facts, read_corrections, read_rules
from generated import grams, stock

MOST_ATTRIBUTES = 40
LONGEST_VALUE = 1_000
ATTRIBUTE = re.compile(r"attr_[tnb]_(.+)")
# How a product is packed and catalogued says little about it, so these give way first.
LOGISTICS = re.compile(
    r".*(pallet|master|outer__case|package|packaging|harmonized|customs|certificat|oem_code|ark_id|last_change|"
    r"launch_date|status|_url$|bcp_|quantity_per|shipping|__imperial_|minimum_order|country_of_origin|intrastat).*"
)


def products(directory: Path, locations: list[str]) -> Iterator[dict]:
    """Every product. Like stands beside like, which halves the compressed file."""
    rules, corrections = read_rules(), read_corrections()
    sources = read(directory)
    filed = [
        (source, corrections.get(product_id(source)) or rules.category_of(facts(source))) for source in sources
    ]
    filed.sort(key=lambda pair: (pair[1], pair[0]["supplier"], pair[0]["title"], int(pair[0]["id"])))
    common = attribute_counts(filed)
    repeated = Counter(article_number(source) for source in sources)
    for source, category in filed:
        unique = repeated[article_number(source)] == 1
        yield product(source, category, common[category], unique, locations)


def read(directory: Path) -> list[dict]:
    """The products of the four archives."""
    found = []
    for path in sorted(directory.glob("*.json.zip")):
        with zipfile.ZipFile(path) as archive:
            found += json.loads(archive.read(archive.namelist()[0]))
    return found


def product_id(source: dict) -> str:
    """The id of a product, and of its only variant."""
    return f"icecat-{source['id']}"


def facts(source: dict) -> Facts:
    """What the category rules look at."""
    named = attributes_of(source)
    text = " ".join((source["title"], source.get("short_description", ""), str(named.get("product_type", ""))))
    return Facts(source["title"], text, source["supplier"], named)


def attributes_of(source: dict) -> dict:
    """Attribute values by key, without the prefix that says their type."""
    return {match[1]: value for key, value in source.items() if (match := ATTRIBUTE.fullmatch(key))}


def attribute_counts(filed: list[tuple[dict, str]]) -> dict[str, Counter]:
    """How many products of each category have each attribute."""
    counts: dict[str, Counter] = {}
    for source, category in filed:
        counts.setdefault(category, Counter()).update(list(attributes_of(source)))
    return counts


def product(source: dict, category: str, common: Counter, sku_is_unique: bool, locations: list[str]) -> dict:
    """One product line, with its only variant."""
    number = product_id(source)
    title = clean(source["title"])
    article = article_number(source)
    variant = {
        "id": number,
        "sku": article if sku_is_unique else f"{article}-{source['id']}",
        "gtin": gtin(source["ean"]),
        "title": title,
        "price": {"minor": source["price"], "currency": "USD"},
        "weightGrams": weight(source) or grams(category, number),
        "stock": stock(number, locations),
    }
    return {
        "kind": "product",
        "id": number,
        "slug": f"{slug(title)}-{source['id']}",
        "title": title,
        "brand": clean(source["supplier"]),
        "description": clean(source.get("short_description", "")),
        "category": category,
        "releasedAt": source["date_released"][:10],
        "attributes": chosen_attributes(source, common),
        "media": [{"url": re.sub(r"^http://", "https://", source["img_500x500"]), "alt": title}],
        "variants": [{name: value for name, value in variant.items() if value is not None}],
    }


def chosen_attributes(source: dict, common: Counter) -> list[dict]:
    """At most forty attributes: those that most products of the category share, packaging last."""
    named = attributes_of(source)
    ranked = sorted(named, key=lambda key: (LOGISTICS.fullmatch(key) is not None, named[key] is False, -common[key], key))
    by_name = {humanise(key): value_of(named[key]) for key in reversed(ranked)}
    return [{"name": name, "value": by_name[name]} for name in reversed(by_name)][:MOST_ATTRIBUTES]


def value_of(value: str | float | bool) -> str | float | int | bool:
    """A value as it is written: whole numbers without a fraction, text without markup and not endless."""
    if isinstance(value, str):
        text = clean(value)
        return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def weight(source: dict) -> int | None:
    """Grams, from the product's weight or else its package's. Under a gram is a mistake, not a weight."""
    for key in ("attr_n_weight", "attr_n_package_weight"):
        if source.get(key, 0) >= 1:
            return round(source[key])
    return None


def gtin(codes: list[str]) -> str | None:
    """The first code that is a valid GTIN-13 or GTIN-14; shorter codes are padded to thirteen digits."""
    for code in codes:
        padded = code.zfill(13)
        if padded.isdigit() and len(padded) in (13, 14) and check_digit(padded[:-1]) == int(padded[-1]):
            return padded
    return None


def check_digit(digits: str) -> int:
    """The last digit of a GTIN, from the others."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -total % 10


def article_number(source: dict) -> str:
    """The manufacturer's article number, as a SKU may be written."""
    return re.sub(r"[^A-Za-z0-9._/#+-]+", "-", ascii_of(source["name"])).strip("-")[:48] or source["id"]


def slug(title: str) -> str:
    """Words for an address, at most sixty characters of them."""
    words = re.sub(r"[^a-z0-9]+", "-", ascii_of(title).lower()).strip("-")
    return words if len(words) <= 60 else words[:60].rsplit("-", 1)[0]


def ascii_of(text: str) -> str:
    """The text with its accents taken off and the rest of Unicode dropped."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def clean(text: str) -> str:
    """Plain text on one line: no markup, no entities, no runs of space."""
    text = re.sub(r"<[a-zA-Z/][^>]*>", " ", html.unescape(text))
    return re.sub(r"\s+", " ", text).strip()
