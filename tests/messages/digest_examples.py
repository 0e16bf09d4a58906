"""Ana's digest on the morning it is sent, after she did something about it, and when all is done."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pipeline.digests import Digest, DigestItem, Done, DoneKind, FixedDeal, digest_key, items_of
from pipeline.findings import Audience, PersonName, Severity
from pipeline.team_digests import RepRisk, TeamDeal, TeamDigest, team_digest_key
from tests.messages.finding_examples import ANA, BEN, CARA, finding, findings
from tests.messages.matrix_examples import AS_OF

HIGH = Severity.HIGH
LONG_NAME = "Northwind Traders Deutschland GmbH & Co. KG: data cloud, renewal and expansion"


def digest() -> Digest:
    """Six deals: Acme is in a red row and past its close date, Initech left the quarter."""
    acme, initech, *others = items_of(one for one in findings() if not one.waived)
    items = (
        replace(acme, close_date=date(2026, 11, 2), red_row="EMEA"),
        replace(initech, close_date=date(2027, 2, 14)),
        *others,
    )
    return Digest(digest_key(ANA.id, AS_OF), ANA, AS_OF, items)


def digest_later() -> Digest:
    """Acme is fixed, Initech half; two deals were put in order since the digest before."""
    acme, initech, globex, *others = digest().items
    fixed = (
        FixedDeal("006000000000021AAA", "Hooli search", ("close_date_past",)),
        FixedDeal("006000000000022AAA", "Vandelay imports", ("next_step_missing",)),
    )
    items = (_fixed(acme), _noted(initech), _snoozed(globex), *others)
    return replace(digest(), items=items, fixed=fixed)


def digest_done() -> Digest:
    return replace(digest(), items=tuple(_fixed(item) for item in digest().items[:2]))


def long_digest() -> Digest:
    """Twenty deals: more than the fold holds."""
    item = digest().items[-1]
    items = tuple(
        replace(item, opportunity_id=f"006{number:012}AAA", name=f"Umbrella site {number}")
        for number in range(1, 21)
    )
    return replace(digest(), items=items)


def crowded_digest() -> Digest:
    """Fifteen deals with long names, each past its close date, without amount and without next step."""
    acme = digest().items[0]
    broken = tuple(
        finding(1, "", rule, HIGH, says=f"{rule} is missing, and the deal is due before the quarter ends.")
        for rule in ("close_date_past", "amount_missing", "next_step_missing")
    )
    items = tuple(
        replace(acme, opportunity_id=f"006{number:012}AAA", name=f"{LONG_NAME} {number}", findings=broken)
        for number in range(1, 16)
    )
    return replace(digest(), items=items)


def crowded_team_digest() -> TeamDigest:
    """Twelve reps, and fifteen deals that want the manager's eye."""
    reps = tuple(
        RepRisk(PersonName(f"005{number:012}AAA", f"Rep Number {number}"), Decimal(1_000), 1, None)
        for number in range(12)
    )
    deals = tuple(TeamDeal(item, ANA) for item in crowded_digest().items)
    return replace(team_digest(), reps=reps, deals=deals)


def nothing_to_fix() -> Digest:
    return replace(digest(), items=())


def _fixed(item: DigestItem) -> DigestItem:
    moved = Done(DoneKind.CHANGED, "CloseDate", "2026-11-02", "2026-12-18")
    step = Done(DoneKind.CHANGED, "NextStep", None, "Send the contract")
    return replace(item, done=(moved, step), closed=frozenset(one.rule for one in item.findings))


def _noted(item: DigestItem) -> DigestItem:
    """It closes earlier now, which is still in the next quarter."""
    done = (Done(DoneKind.CHANGED, "CloseDate", "2027-02-14", "2027-02-01"),)
    findings = tuple(replace(one, seen="2027-02-01") for one in item.findings)
    return replace(item, done=done, findings=findings, close_date=date(2027, 2, 1))


def _snoozed(item: DigestItem) -> DigestItem:
    return replace(item, done=(Done(DoneKind.SNOOZED, until=date(2026, 12, 1)),))


def team_digest() -> TeamDigest:
    """Cara's week: Ana and Ben, and Gus, who has left."""
    acme, initech, *others = digest().items
    left = replace(others[-1], name="Wayne lab", findings=(finding(13, "Wayne lab", "owner_inactive", HIGH),))
    pushed = finding(3, initech.name, "commit_left_quarter", HIGH, says="It left the quarter.")
    initech = replace(initech, findings=(replace(pushed, audience=Audience.MANAGER),))
    gus = PersonName("005000000000004AAA", "Gus Dale")
    return TeamDigest(
        key=team_digest_key(CARA.id, AS_OF),
        manager=CARA,
        day=AS_OF,
        reps=(
            RepRisk(ANA, Decimal(1_400_000), 6, Decimal(1_900_000)),
            RepRisk(BEN, Decimal(1_200_000), 1, Decimal(0)),
            RepRisk(gus, Decimal(75_000), 1, Decimal(75_000), has_left=True),
        ),
        deals=(
            TeamDeal(acme, ANA),
            TeamDeal(left, gus, owner_has_left=True),
            TeamDeal(initech, ANA),
            TeamDeal(others[0], ANA),
        ),
        inspected=Fraction(42, 100),
    )
