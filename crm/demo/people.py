"""The people of the demo company, who are the same whatever the day, and whom a visitor may be first."""

from collections.abc import Iterator
from dataclasses import dataclass

from crm.demo.company import AMER, APAC, EMEA, LATAM, MAIL_DOMAIN
from crm.records import RoleRecord, UserRecord

_HEADQUARTERS = "America/Los_Angeles"


@dataclass(frozen=True)
class CastMember:
    """Somebody a visitor can be, and what makes them worth being."""

    role: str
    """`rep`, `manager`, `council` or `operations`."""
    user_id: str
    name: str
    introduction: str


@dataclass(frozen=True)
class Team:
    """Reps of one manager."""

    region: str
    manager: str
    reps: tuple[tuple[str, str], ...]
    """Name and time zone."""


CHIEF = "Ingrid Okonjo"
OPERATIONS = ("Priya Raghunathan", "Tomasz Wieland")
ADMINISTRATOR = "Salma Benhaddou"
MARKETING_HEAD = "Delphine Achterberg"
PRODUCT_HEAD = "Rashid Calloway"
INTEGRATION = "Lead Router"
VICE_PRESIDENTS = {
    AMER: "Marcus Ellery",
    EMEA: "Sigrid Haugland",
    APAC: "Kenji Morisawa",
    LATAM: "Beatriz Fonseca",
}
LEFT = {AMER: "Dale Prescott", EMEA: "Ottavia Brandolin"}
"""Reps who have left: their users are inactive, and some of their deals are still theirs."""

TEAMS = (
    Team(
        AMER,
        "Renee Thibodeau",
        (
            ("Caleb Whitford", "America/New_York"),
            ("Aaliyah Brooks", "America/New_York"),
            ("Jun-ho Baek", "America/Chicago"),
            ("Meredith Lansing", "America/New_York"),
            ("Tobias Ferreira", "America/New_York"),
            ("Noor Haddad", "America/Toronto"),
        ),
    ),
    Team(
        AMER,
        "Elijah Stormont",
        (
            ("Grace Kamakau", "Pacific/Honolulu"),
            ("Diego Villaseñor", "America/Los_Angeles"),
            ("Hannah Birnbaum", "America/Los_Angeles"),
            ("Winston Achebe", "America/Denver"),
            ("Linh Truong", "America/Los_Angeles"),
            ("Owen Gallagher", "America/Phoenix"),
        ),
    ),
    Team(
        AMER,
        "Shanice Rutherford",
        (
            ("Paul Etcheverry", "America/Chicago"),
            ("Tanvi Deshmukh", "America/Chicago"),
            ("Carter Blom", "America/Denver"),
            ("Yesenia Orozco", "America/Chicago"),
            ("Mikhail Sorin", "America/New_York"),
            ("Odette Larue", "America/Toronto"),
        ),
    ),
    Team(
        EMEA,
        "Fergus Abernethy",
        (
            ("Niamh Corrigan", "Europe/Dublin"),
            ("Lars Bergqvist", "Europe/Stockholm"),
            ("Ama Boateng", "Africa/Accra"),
            ("Harriet Pemberton", "Europe/London"),
            ("Yusuf Demirel", "Europe/Istanbul"),
            ("Aino Lehtosaari", "Europe/Helsinki"),
        ),
    ),
    Team(
        EMEA,
        "Mathilde Grosjean",
        (
            ("Jonas Reuter", "Europe/Berlin"),
            ("Chiara Montefalco", "Europe/Rome"),
            ("Bartosz Zielony", "Europe/Warsaw"),
            ("Inés Caballero", "Europe/Madrid"),
            ("Khadija El Amrani", "Africa/Casablanca"),
            ("Pieter van Aalsten", "Europe/Amsterdam"),
        ),
    ),
    Team(
        APAC,
        "Anjali Venkatesan",
        (
            ("Mei Tanaka-Reid", "Australia/Sydney"),
            ("Ryota Hoshikawa", "Asia/Tokyo"),
            ("Siew Ling Ong", "Asia/Singapore"),
            ("Arjun Malhotra", "Asia/Kolkata"),
            ("Aroha Ngatai", "Pacific/Auckland"),
            ("Dewi Kusumastuti", "Asia/Jakarta"),
        ),
    ),
    Team(
        LATAM,
        "Joaquín Arrieta",
        (
            ("Luísa Carvalhal", "America/Sao_Paulo"),
            ("Camilo Restrepo Vega", "America/Bogota"),
            ("Ximena Quispe", "America/Lima"),
            ("Facundo Olmedo", "America/Argentina/Buenos_Aires"),
        ),
    ),
)
GENERATORS = {
    "BDR": ("Keira Donnelly", "Sanjay Pillai", "Lucía Barrantes", "Emeka Obi", "Freya Lindholm"),
    "SDR": ("Tyler Nakamura", "Zainab Yusuf", "Marek Dvořáček"),
    "ECS": ("Victoria Sandoval", "Hamish McAllan"),
    "Cloud Sales": ("Ravi Subramaniam", "Elena Papadaki"),
    "Marketing": ("Jasper Holloway",),
}
"""Those who open deals for reps, by the source that a deal of theirs counts for."""

_GENERATOR_ROLES = {
    "BDR": "Business Development",
    "SDR": "Sales Development",
    "ECS": "Enterprise Corporate Specialist",
    "Cloud Sales": "Cloud Sales Specialist",
    "Marketing": "Marketing Programmes",
}
CREATOR_ROLES = {
    **{f"Account Executive {region}": "AE" for region in VICE_PRESIDENTS},
    **{role: source for source, role in _GENERATOR_ROLES.items() if source != "Marketing"},
}
"""Role of a deal's creator -> its source, where none is stamped on it."""

_REP = "Mei Tanaka-Reid"
_MANAGER = "Anjali Venkatesan"


def crm_id(prefix: str, number: int) -> str:
    """An id of the CRM's shape: three signs for the object, twelve digits and a checksum of no capitals."""
    return f"{prefix}{number:012d}AAA"


def _all_names() -> Iterator[str]:
    yield CHIEF
    yield from VICE_PRESIDENTS.values()
    for team in TEAMS:
        yield team.manager
        yield from (name for name, _ in team.reps)
    yield from LEFT.values()
    for names in GENERATORS.values():
        yield from names
    yield from (*OPERATIONS, ADMINISTRATOR, MARKETING_HEAD, PRODUCT_HEAD, INTEGRATION)


USER_IDS = {name: crm_id("005", number) for number, name in enumerate(_all_names(), start=1)}

_PLAIN = str.maketrans("áàãäåčçéèêëěíìîïñóòôõöøřšúùûüýžÁÉÍÓÚÑ", "aaaaacceeeeeiiiinoooooorsuuuuyzAEIOUN")


def email_of(name: str) -> str:
    plain = name.translate(_PLAIN).lower().replace("'", "")
    return ".".join(plain.split()) + "@" + MAIL_DOMAIN


def reps_of(region: str) -> tuple[str, ...]:
    """User ids of the region's reps who still work here."""
    return tuple(USER_IDS[name] for team in TEAMS if team.region == region for name, _ in team.reps)


def demo_cast() -> tuple[CastMember, ...]:
    """Whom a visitor may be first: a rep with a handful of findings, her manager, a council member and
    sales operations."""
    return (
        CastMember(
            "rep",
            USER_IDS[_REP],
            _REP,
            "Sells in Sydney. A handful of her deals need a moment: one big Commit deal has just left "
            "the quarter.",
        ),
        CastMember(
            "manager",
            USER_IDS[_MANAGER],
            _MANAGER,
            "Leads the reps of APAC, the region in trouble this quarter, and inspects their deals.",
        ),
        CastMember(
            "council",
            USER_IDS[VICE_PRESIDENTS[EMEA]],
            VICE_PRESIDENTS[EMEA],
            "Vice President for EMEA, who answers for its cells, and a member of the council.",
        ),
        CastMember(
            "operations",
            USER_IDS[OPERATIONS[0]],
            OPERATIONS[0],
            "Runs sales operations: sees all deals, watches the rules, and answers for the targets.",
        ),
    )


def cast_rep_id() -> str:
    return USER_IDS[_REP]


def council_names() -> tuple[str, ...]:
    return (CHIEF, *VICE_PRESIDENTS.values(), PRODUCT_HEAD, MARKETING_HEAD, OPERATIONS[0])


_ROLES: tuple[tuple[str, str | None], ...] = (
    ("Chief Revenue Officer", None),
    *((f"Vice President {region}", "Chief Revenue Officer") for region in VICE_PRESIDENTS),
    *((f"Sales Manager {region}", f"Vice President {region}") for region in VICE_PRESIDENTS),
    *((f"Account Executive {region}", f"Sales Manager {region}") for region in VICE_PRESIDENTS),
    *((role, "Chief Revenue Officer") for role in _GENERATOR_ROLES.values()),
    ("Sales Operations", "Chief Revenue Officer"),
    ("Product Management", None),
    ("Integration", None),
)
_ROLE_IDS = {name: crm_id("00E", number) for number, (name, _) in enumerate(_ROLES, start=1)}


def role_records() -> list[RoleRecord]:
    return [
        RoleRecord(_ROLE_IDS[name], name, _ROLE_IDS[parent] if parent else None) for name, parent in _ROLES
    ]


def user_records() -> list[UserRecord]:
    return [*_leaders(), *_sellers(), *_generators(), *_staff()]


def _user(
    name: str, role: str, manager: str | None, timezone: str = _HEADQUARTERS, division: str = "Sales"
) -> UserRecord:
    return UserRecord(
        id=USER_IDS[name],
        name=name,
        email=email_of(name),
        is_active=name not in LEFT.values(),
        role_id=_ROLE_IDS[role],
        manager_id=USER_IDS[manager] if manager else None,
        timezone=timezone,
        is_integration=name == INTEGRATION,
        fields={"Division": division},
    )


def _leaders() -> Iterator[UserRecord]:
    yield _user(CHIEF, "Chief Revenue Officer", None)
    for region, name in VICE_PRESIDENTS.items():
        first_team = next(team for team in TEAMS if team.region == region)
        yield _user(name, f"Vice President {region}", CHIEF, first_team.reps[0][1])
    for team in TEAMS:
        vice_president = VICE_PRESIDENTS[team.region]
        yield _user(team.manager, f"Sales Manager {team.region}", vice_president, team.reps[0][1])


def _sellers() -> Iterator[UserRecord]:
    for team in TEAMS:
        for name, timezone in team.reps:
            yield _user(name, f"Account Executive {team.region}", team.manager, timezone)
    for region, name in LEFT.items():
        first_team = next(team for team in TEAMS if team.region == region)
        yield _user(name, f"Account Executive {region}", first_team.manager, first_team.reps[0][1])


def _generators() -> Iterator[UserRecord]:
    for source, names in GENERATORS.items():
        division = "Marketing" if source == "Marketing" else "Sales"
        for name in names:
            yield _user(name, _GENERATOR_ROLES[source], CHIEF, division=division)


def _staff() -> Iterator[UserRecord]:
    for name in OPERATIONS:
        yield _user(name, "Sales Operations", CHIEF, division="Operations")
    yield _user(ADMINISTRATOR, "Sales Operations", CHIEF, division="IT")
    yield _user(MARKETING_HEAD, "Marketing Programmes", None, division="Marketing")
    yield _user(PRODUCT_HEAD, "Product Management", None, division="Product")
    yield _user(INTEGRATION, "Integration", None, division="IT")
