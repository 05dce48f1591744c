"""Files a product of the Icecat data, which carries no category, in the shop's category tree.

The tree is `category-tree.ndjson` and the rules are `category-rules.ndjson`, one JSON object a line.
Products listed in `category-corrections.tsv` were filed one by one. For all others the rules are tried
in four steps, and the first step that has an answer decides:

1. `early`: the first rule whose every condition holds. Brand families and titles that would mislead.
2. `noun`: the kind of thing that Icecat writes into its titles in lower case ("networking cable").
   The longest noun found wins.
3. `sign`: an attribute that only one kind of product has ("switch_type").
4. `late`: as `early`, for the many titles that neither rule above could tell.

When no step has an answer, all four are tried again with the short description as the title, and
what is still unknown goes to `other-items`.

Conditions of an `early` or `late` rule are regular expressions, without regard to case, that must
match from the start of a word: `title`, `text` (title, description and product type), `brand` (the
whole brand), `has` (a whole attribute name), `value` ([attribute, expression]) and `unless` (must
not occur in the title).
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
OTHER = "other-items"


class Facts(NamedTuple):
    """What the rules look at. Attribute names come without their `attr_x_` prefix."""

    title: str
    text: str
    brand: str
    attributes: dict


class Rules:
    """The rule table, compiled."""

    def __init__(self, lines: list[dict]):
        self.early = [Rule(line) for line in lines if line["step"] == "early"]
        self.late = [Rule(line) for line in lines if line["step"] == "late"]
        self.nouns = [
            (line["category"], re.compile(noun))
            for line in lines if line["step"] == "noun"
            for noun in line["nouns"]
        ]
        self.signs = [
            (line["category"], re.compile("|".join(line["attributes"])))
            for line in lines if line["step"] == "sign"
        ]

    def category_of(self, facts: Facts) -> str:
        """The id of the leaf category this product belongs in."""
        return self._decide(facts) or self._decide(facts._replace(title=facts.text)) or OTHER

    def _decide(self, facts: Facts) -> str | None:
        return (
            first_that_holds(self.early, facts)
            or self._longest_noun(facts.title)
            or self._sign(facts.attributes)
            or first_that_holds(self.late, facts)
        )

    def _longest_noun(self, title: str) -> str | None:
        found = ((len(match[0]), category) for category, noun in self.nouns if (match := noun.search(title)))
        return max(found, key=lambda hit: hit[0], default=(0, None))[1]

    def _sign(self, attributes: dict) -> str | None:
        for category, names in self.signs:
            if any(names.fullmatch(name) for name in attributes):
                return category
        return None


class Rule:
    """One `early` or `late` line."""

    def __init__(self, line: dict):
        self.category = line["category"]
        self.title, self.text, self.unless = (word_start(line.get(key)) for key in ("title", "text", "unless"))
        self.brand = re.compile(line["brand"], re.I) if "brand" in line else None
        self.has = re.compile(line["has"]) if "has" in line else None
        name, pattern = line.get("value", (None, None))
        self.value = (name, word_start(pattern)) if name else None

    def holds(self, facts: Facts) -> bool:
        """Whether every condition is met."""
        return (
            (self.title is None or self.title.search(facts.title) is not None)
            and (self.unless is None or self.unless.search(facts.title) is None)
            and (self.brand is None or self.brand.fullmatch(facts.brand) is not None)
            and (self.text is None or self.text.search(facts.text) is not None)
            and (self.has is None or any(self.has.fullmatch(name) for name in facts.attributes))
            and (self.value is None or self._value_holds(facts.attributes))
        )

    def _value_holds(self, attributes: dict) -> bool:
        name, pattern = self.value
        return name in attributes and pattern.search(str(attributes[name])) is not None


def first_that_holds(rules: list[Rule], facts: Facts) -> str | None:
    """The category of the first rule that holds."""
    return next((rule.category for rule in rules if rule.holds(facts)), None)


def word_start(pattern: str | None) -> re.Pattern | None:
    """The pattern, made to match only from the start of a word."""
    return re.compile(f"(?<![a-z])(?:{pattern})", re.I) if pattern else None


def read_lines(name: str) -> list[dict]:
    """The JSON objects of a file beside this one."""
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


def read_tree() -> list[dict]:
    """The categories, parents before children."""
    return read_lines("category-tree.ndjson")


def read_corrections() -> dict[str, str]:
    """The category of each product that was filed on its own."""
    rows = (HERE / "category-corrections.tsv").read_text("utf-8").splitlines()
    return dict(row.split("\t")[:2] for row in rows if not row.startswith("#"))


def read_rules() -> Rules:
    """The compiled rule table."""
    return Rules(read_lines("category-rules.ndjson"))
