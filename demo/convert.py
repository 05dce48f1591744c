#!/usr/bin/env python3
"""Converts the demonstration shop's sources into one file of Mercato's import format.

    python3 demo/convert.py --source DIR --out demo/catalogue.ndjson.gz

The same sources give the same bytes. What is generated rather than read is in `generated.py`,
and README.md says which is which. The format is described in docs/import-format.md.
"""

import argparse
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path

import apparel
import icecat
from categories import read_tree
from locations import read_locations

HEADER = {
    "kind": "header",
    "format": "mercato-catalogue",
    "version": 1,
    "currency": "USD",
    "generated": [
        "stock",
        "weightGrams where the source has none",
        "category of icecat-*",
        "title, description, price, options and variants of apparel-*",
        "review.createdAt",
    ],
    "sources": [
        {
            "name": "Open Icecat product data, with prices from upcitemdb.com, as prepared by querqy/chorus",
            "licence": "OPL-1.0",
            "url": "https://github.com/querqy/chorus",
        },
        {
            "name": "Women's E-Commerce Clothing Reviews",
            "licence": "CC0-1.0",
            "url": "https://www.kaggle.com/datasets/nicapotato/womens-ecommerce-clothing-reviews",
        },
        {
            "name": "Best Buy open data set: stores",
            "licence": "CC0-1.0",
            "url": "https://github.com/BestBuyAPIs/open-data-set",
        },
    ],
}


def lines(source: Path) -> Iterator[dict]:
    """Every line of the file, in an order in which no line refers to a later one."""
    yield HEADER
    for category in read_tree():
        yield {"kind": "category", **category}
    locations = read_locations(source / "bestbuy" / "stores.json")
    yield from locations
    stocked_at = [location["id"] for location in locations]
    yield from icecat.products(source / "icecat", stocked_at)
    yield from apparel.products_and_reviews(source / "apparel-reviews" / "reviews.csv.zip", stocked_at)


def write(out: Path, objects: Iterator[dict]) -> dict[str, int]:
    """Writes the lines, compressed when the name ends in `.gz`, and counts them by kind."""
    counts: dict[str, int] = {}
    with open(out, "wb") as raw, open_text(out, raw) as text:
        for line in objects:
            counts[line["kind"]] = counts.get(line["kind"], 0) + 1
            text.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    return counts


def open_text(out: Path, raw: io.BufferedWriter) -> io.TextIOWrapper:
    """A UTF-8 text stream over the file; its gzip header carries neither time nor name."""
    binary = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=9) if out.suffix == ".gz" else raw
    return io.TextIOWrapper(binary, encoding="utf-8", newline="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True, help="directory with icecat/, apparel-reviews/ and bestbuy/")
    parser.add_argument("--out", type=Path, required=True, help="file to write; gzip when it ends in .gz")
    arguments = parser.parse_args()
    counts = write(arguments.out, lines(arguments.source))
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()), f"{arguments.out.stat().st_size} bytes", sep=", ")


if __name__ == "__main__":
    main()
