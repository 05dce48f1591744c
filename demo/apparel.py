"""Reads the clothing reviews, and makes a product for each item they are about.

The source names an item by a number and says its division, department and class. Its title, price
and sizes are generated; the classification and the reviews are real.
"""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from generated import grams, number, stock, written_at

SIZES = ["XS", "S", "M", "L", "XL"]
UNCLASSIFIED = ("Clothing item", "apparel-unclassified", 2_995, 6_995)
# By class: the noun for a title, the category, and the range of generated prices in cents.
CLASSES = {
    "Knits": ("Knit top", "apparel-knits", 2_995, 9_795),
    "Blouses": ("Blouse", "apparel-blouses", 4_995, 12_995),
    "Sweaters": ("Sweater", "apparel-sweaters", 5_995, 15_995),
    "Fine gauge": ("Fine gauge sweater", "apparel-fine-gauge", 5_495, 13_995),
    "Dresses": ("Dress", "apparel-dresses", 6_995, 22_995),
    "Pants": ("Pants", "apparel-pants", 5_995, 14_995),
    "Casual bottoms": ("Casual pants", "apparel-pants", 4_995, 10_995),
    "Jeans": ("Jeans", "apparel-jeans", 7_995, 19_995),
    "Skirts": ("Skirt", "apparel-skirts", 4_995, 14_995),
    "Shorts": ("Shorts", "apparel-shorts", 3_995, 8_995),
    "Jackets": ("Jacket", "apparel-jackets", 8_995, 24_995),
    "Outerwear": ("Coat", "apparel-outerwear", 11_995, 34_995),
    "Lounge": ("Loungewear", "apparel-lounge", 2_995, 9_995),
    "Sleep": ("Sleepwear", "apparel-sleep", 2_995, 8_995),
    "Swim": ("Swimwear", "apparel-swim", 3_995, 11_995),
    "Legwear": ("Legwear", "apparel-legwear", 995, 3_995),
    "Intimates": ("Intimates", "apparel-intimates", 1_495, 6_995),
    "Chemises": ("Chemise", "apparel-intimates", 2_995, 6_995),
    "Layering": ("Layering piece", "apparel-layering", 1_995, 5_995),
    "Trend": ("Trend piece", "apparel-trend", 4_995, 16_995),
}
DIVISIONS = {"Initmates": "Intimates"}


def products_and_reviews(archive: Path, locations: list[str]) -> Iterator[dict]:
    """The products by item number, then the reviews in the order of the source."""
    rows = read(archive)
    by_item: dict[int, list[dict]] = {}
    for row in rows:
        by_item.setdefault(int(row["Clothing ID"]), []).append(row)
    for item in sorted(by_item):
        yield product(item, by_item[item], locations)
    for row in rows:
        yield review(row)


def read(archive: Path) -> list[dict]:
    """The rows of the CSV file in the archive."""
    with zipfile.ZipFile(archive) as opened:
        name = next(name for name in opened.namelist() if name.endswith(".csv") and not name.startswith("__"))
        return list(csv.DictReader(io.StringIO(opened.read(name).decode("utf-8"), newline="")))


def product(item: int, rows: list[dict], locations: list[str]) -> dict:
    """One product line. Where reviews disagree on the class, the most frequent one counts."""
    division = usual(rows, "Division Name")
    noun, category, *_ = CLASSES.get(usual(rows, "Class Name"), UNCLASSIFIED)
    title = f"{noun} no. {item}"
    if division == "General Petite":
        title = "Petite " + title[0].lower() + title[1:]
    sizes = size_names(rows)
    return {
        "kind": "product",
        "id": f"apparel-{item}",
        "slug": title.lower().replace(".", "").replace(" ", "-"),
        "title": title,
        "description": f"Item {item} of the Women's E-Commerce Clothing Reviews, which do not name it. "
        "The title, price and sizes are generated.",
        "category": category,
        "attributes": attributes(division, rows),
        "options": [{"name": "Size", "values": sizes}],
        "variants": [variant(item, title, size, category, rows, locations) for size in sizes],
    }


def attributes(division: str, rows: list[dict]) -> list[dict]:
    """The item's classification, where the source has it."""
    named = {
        "Division": DIVISIONS.get(division, division),
        "Department": usual(rows, "Department Name"),
        "Class": usual(rows, "Class Name"),
    }
    return [{"name": name, "value": value} for name, value in named.items() if value]


def size_names(rows: list[dict]) -> list[str]:
    """Regular sizes, petite sizes, or both when the item was reviewed in both divisions."""
    divisions = {row["Division Name"] for row in rows}
    regular = SIZES if divisions - {"General Petite"} else []
    petite = [f"Petite {size}" for size in SIZES] if "General Petite" in divisions else []
    return regular + petite


def variant(item: int, title: str, size: str, category: str, rows: list[dict], locations: list[str]) -> dict:
    """One size."""
    code = size.replace("Petite ", "P")
    identity = f"apparel-{item}-{code.lower()}"
    return {
        "id": identity,
        "sku": f"APP-{item:04}-{code}",
        "title": f"{title}, {size}",
        "options": {"Size": size},
        "price": {"minor": price(item, usual(rows, "Class Name")), "currency": "USD"},
        "weightGrams": grams(category, f"apparel-{item}"),
        "stock": stock(identity, locations),
    }


def price(item: int, class_name: str) -> int:
    """Cents in the range of the class, in steps of five dollars; every size costs the same."""
    *_, lowest, highest = CLASSES.get(class_name, UNCLASSIFIED)
    return lowest + number("price", str(item)) % ((highest - lowest) // 500 + 1) * 500


def usual(rows: list[dict], column: str) -> str:
    """The value that most rows have; the alphabetically first of equals."""
    counts = Counter(row[column] for row in rows)
    return min(counts, key=lambda value: (-counts[value], value))


def review(row: dict) -> dict:
    """One review line. The reviewer's age stays out of it."""
    identity = f"apparel-review-{row['']}"
    line = {
        "kind": "review",
        "id": identity,
        "product": f"apparel-{row['Clothing ID']}",
        "rating": int(row["Rating"]),
        "title": " ".join(row["Title"].split()),
        "body": row["Review Text"].replace("\r\n", "\n").strip(),
        "helpful": int(row["Positive Feedback Count"]),
        "recommended": row["Recommended IND"] == "1",
        "createdAt": written_at(identity),
    }
    return {name: value for name, value in line.items() if value != "" or name not in ("title", "body")}
