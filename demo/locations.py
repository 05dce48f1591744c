"""The places that hold stock: eight real Best Buy stores, spread over the United States."""

import json
from pathlib import Path

STORES = [1000, 1531, 109, 470, 58, 1502, 1142, 211]


def read_locations(path: Path) -> list[dict]:
    """The chosen stores as location lines, in the order of `STORES`."""
    by_id = {store["id"]: store for store in json.loads(path.read_text("utf-8"))}
    return [location(by_id[store]) for store in STORES]


def location(store: dict) -> dict:
    """One location line."""
    address = {
        "line1": store["address"],
        "line2": store["address2"],
        "city": store["city"],
        "region": store["state"],
        "postalCode": store["zip"],
        "country": "US",
    }
    return {
        "kind": "location",
        "id": f"bby-{store['id']}",
        "name": store["name"],
        "address": {name: value for name, value in address.items() if value},
        "latitude": store["location"]["lat"],
        "longitude": store["location"]["lon"],
    }
