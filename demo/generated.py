"""Everything the sources do not say, made from a hash so that it is the same on every run."""

import hashlib
from datetime import datetime, timedelta

SOLD_OUT_PERCENT = 2
ABSENT_PERCENT = 25
MOST_UNITS = 40

REVIEWS_FROM = datetime(2017, 1, 1)
REVIEWS_DAYS = 3 * 365

DEFAULT_GRAMS = 600
# Grams of a typical item, for products whose data has no weight. The longest fitting prefix wins.
GRAMS = {
    "accessories": 400, "accessories-backpacks": 900, "accessories-keyboards": 800, "accessories-mice": 150,
    "accessories-notebook-bags": 800,
    "cables": 200, "cables-adapters": 50,
    "components": 500, "components-cases": 8000, "components-memory": 40, "components-motherboards": 1100,
    "components-power-supplies": 1900, "components-processors": 350,
    "computers-desktops": 8500, "computers-handhelds": 200, "computers-notebooks": 2300, "computers-servers": 18000,
    "computers-services": 10, "computers-software": 50, "computers-spares": 400, "computers-tablets": 500,
    "computers-thin-clients": 1600,
    "displays": 3000, "displays-filters": 300, "displays-lamps": 350, "displays-monitors": 6000, "displays-tvs": 18000,
    "electronics": 350, "electronics-home-audio": 2500, "electronics-players": 600, "electronics-smartphones": 190,
    "home": 900, "home-kitchen": 2800, "home-cleaning": 3000,
    "networking": 700, "networking-switches": 1800,
    "office": 500,
    "power-batteries": 60, "power-pdus": 3500, "power-racks": 9000, "power-surge": 800, "power-ups": 18000,
    "power-ups-parts": 7000, "power-adapters": 350, "power-device-batteries": 320, "power-environment": 1200,
    "printing": 15000, "printing-dot-matrix": 9000, "printing-label-receipt": 1500, "printing-large-format": 60000,
    "printing-parts": 1500, "printing-scanners": 3000, "printing-trays": 6000,
    "storage": 400, "storage-arrays": 2000, "storage-discs": 500, "storage-flash": 20, "storage-ssds": 80,
    "supplies": 900, "supplies-ink": 100, "supplies-label-tapes": 60, "supplies-toner": 1200,
    "supplies-large-format-media": 4500, "supplies-office-paper": 2500,
    "toys": 600,
    "apparel": 350, "apparel-outerwear": 1100, "apparel-jackets": 800, "apparel-jeans": 650, "apparel-legwear": 80,
    "apparel-intimates": 90, "apparel-swim": 150, "apparel-sweaters": 450,
}


def number(*parts: str) -> int:
    """A large number that depends on nothing but its words."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "big")


def stock(variant: str, locations: list[str]) -> dict[str, int]:
    """Units at each location. A few variants are sold out everywhere."""
    if number("sold out", variant) % 100 < SOLD_OUT_PERCENT:
        return {location: 0 for location in locations}
    return {location: units(variant, location) for location in locations}


def units(variant: str, location: str) -> int:
    """Units at one location."""
    if number("absent", variant, location) % 100 < ABSENT_PERCENT:
        return 0
    return 1 + number("units", variant, location) % MOST_UNITS


def grams(category: str, product: str) -> int:
    """A plausible weight: that of a typical item, give or take a fifth."""
    prefixes = [prefix for prefix in GRAMS if category == prefix or category.startswith(prefix + "-")]
    typical = GRAMS[max(prefixes, key=len)] if prefixes else DEFAULT_GRAMS
    return max(1, typical * (80 + number("grams", product) % 41) // 100)


def written_at(review: str) -> str:
    """A moment in three years, for the reviews whose source has no dates."""
    at = REVIEWS_FROM + timedelta(
        days=number("day", review) % REVIEWS_DAYS, seconds=number("second", review) % 86_400
    )
    return at.isoformat() + "Z"
