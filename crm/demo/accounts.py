"""The customers of the demo company: invented names in the countries of each region."""

from dataclasses import dataclass
from itertools import count
from random import Random

from crm.demo.company import AMER, APAC, EMEA, LATAM, SEGMENTS, Segment
from crm.demo.people import crm_id
from crm.records import AccountRecord
from pipeline.money import SCALE

COUNTRIES = {
    AMER: ("United States", "United States", "United States", "United States", "Canada"),
    EMEA: ("Germany", "France", "United Kingdom", "Sweden", "Italy", "Spain", "Poland", "Netherlands"),
    APAC: ("Australia", "Japan", "Singapore", "India", "New Zealand"),
    LATAM: ("Brazil", "Colombia", "Mexico", "Argentina", "Peru"),
}
_ACCOUNTS_OF_SHARE = {AMER: 300, EMEA: 200, APAC: 110, LATAM: 70}

_STEMS = {
    AMER: ("Copperline", "Bluemesa", "Harrow Creek", "Palisade", "Tidewater", "Juniper Flats", "Ironbridge",
           "Sandoval", "Cedar Point", "Lakemont", "Redfern", "Prairie Star", "Stonegate", "Maplewick"),
    EMEA: ("Nordhaven", "Valmont", "Eisenbach", "Castellano", "Wierzba", "Oakhurst", "Lindqvist", "Belcourt",
           "Rheintal", "Montcalm", "Dunmore", "Halvorsen", "Tramontana", "Zonneveld"),
    APAC: ("Kurohana", "Banksia", "Merlion Bay", "Sundara", "Kauri", "Hoshizora", "Wattle Creek", "Chandrika",
           "Nusantara", "Akebono", "Southern Cross", "Jade River"),
    LATAM: ("Ipê Amarelo", "Altiplano", "Río Claro", "Cordillera", "Mandacaru", "Quetzal", "Pampa Sur",
            "Araucaria", "Cafetal", "Nevado"),
}  # fmt: skip
_TRADES = {
    "SMB": ("Studio", "Dental Group", "Bakeries", "Couriers", "Interiors", "Cycles", "Labs", "Press"),
    "MM": ("Logistics", "Foods", "Medical", "Components", "Outfitters", "Hotels", "Textiles", "Insurance"),
    "ENT": ("Industries", "Energy", "Bank", "Airways", "Telecom", "Pharma", "Motors", "Retail Group"),
    "PUB": ("City Council", "University", "Water Authority", "Health Trust", "Transit", "Port Authority"),
}


@dataclass(frozen=True)
class Account:
    id: str
    name: str
    region: str
    segment: str
    country: str | None
    """`None`: nobody filled it in."""
    employees: int | None

    def record(self) -> AccountRecord:
        return AccountRecord(
            id=self.id,
            name=self.name,
            master_id=None,
            fields={
                "BillingCountry": self.country,
                "NumberOfEmployees": None if self.employees is None else self.employees * SCALE,
                "Type": "Public Sector" if self.segment == "PUB" and self.employees else "Customer",
            },
        )


AccountsByPlace = dict[tuple[str, str], list[Account]]
"""By region and segment."""


def draw_accounts(rng: Random) -> AccountsByPlace:
    """Every account once; a few without a country, fewer without a size."""
    places: AccountsByPlace = {}
    numbers = count(1)
    for region, size in _ACCOUNTS_OF_SHARE.items():
        for segment in SEGMENTS:
            wanted = max(size * {"SMB": 40, "MM": 32, "ENT": 18, "PUB": 10}[segment.name] // 100, 4)
            names = rng.sample(_names(region, segment.name), k=wanted)
            places[region, segment.name] = [
                _draw_account(rng, next(numbers), name, region, segment) for name in names
            ]
    return places


def _names(region: str, segment: str) -> list[str]:
    trades = _TRADES[segment]
    plain = [f"{stem} {trade}" for stem in _STEMS[region] for trade in trades]
    branches = [f"{name} {branch}" for name in plain for branch in ("North", "Central")]
    return plain + branches


def _draw_account(rng: Random, number: int, name: str, region: str, segment: Segment) -> Account:
    employees = round(rng.uniform(*segment.employees)) if rng.random() > 0.01 else None
    country = rng.choice(COUNTRIES[region]) if rng.random() > 0.05 else None
    return Account(crm_id("001", number), name, region, segment.name, country, employees)
