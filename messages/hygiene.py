"""`/hygiene`: a person's own score and findings, a team's by rep, and the company's."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum, auto

from messages.card import (
    Align,
    Block,
    Bold,
    Button,
    Buttons,
    Card,
    Column,
    Fact,
    Facts,
    Folded,
    Heading,
    Paragraph,
    Table,
    TableRow,
    TextCell,
    Tone,
    text,
)
from messages.deal_findings import DealFindings, by_deal, money_at_risk, rule_label, sentence
from messages.score_trends import clean_words, trend_words
from messages.wording import NO_VALUE, Wording
from pipeline.findings import Audience, Finding, HygieneReport, PersonName, RuleNotice, Score
from pipeline.past_scores import NO_PAST, PastScores, points_since

FIRST = 10
FIX_BUTTONS = 3
LONGEST_LABEL = 30
_OF_PERSON = "hygiene:"


class Reader(Enum):
    """Who reads how a person's deals stand."""

    THEMSELVES = auto()
    MANAGER = auto()
    """They fix records of their team too."""
    OPERATIONS = auto()
    """They change no record."""


def compose_own(
    person: PersonName,
    findings: Sequence[Finding],
    score: Score | None,
    currency: str,
    wording: Wording | None = None,
    *,
    past: PastScores = NO_PAST,
    reader: Reader = Reader.THEMSELVES,
) -> Card:
    """A rep's own score, and each deal with what is open on it."""
    wording = wording or Wording()
    deals = by_deal(finding for finding in findings if not finding.waived)
    waived = sum(finding.waived for finding in findings)
    blocks: list[Block] = [
        Facts((*_score_facts(score, wording, past), *_risk_facts(deals, waived, currency, wording)))
    ]
    if deals:
        blocks.append(_deals_table("Most urgent deals", deals[:FIRST], currency, wording))
        blocks += _fix_buttons(deals) if reader is not Reader.OPERATIONS else ()
    elif reader is Reader.THEMSELVES:
        blocks.append(Paragraph(text("All your deals are up to date. Thank you.")))
    else:
        blocks.append(Paragraph(text(f"All deals of {person.name} are up to date.")))
    if len(deals) > FIRST:
        rest = deals[FIRST:]
        words = f"Show all: {wording.count(len(rest), 'more deal', 'more deals')}"
        blocks.append(Folded(words, (_deal_lines(rest, currency, wording),)))
    title = f"Pipeline hygiene · {person.name}"
    return Card(
        f"{_OF_PERSON}{person.id}", title, tuple(blocks), f"{title}: {_in_one_line(score, deals, wording)}"
    )


def person_of_key(key: str) -> str | None:
    """The CRM user id of whose own deals a card of that key shows; `None` for any other card."""
    return key.removeprefix(_OF_PERSON) if key.startswith(_OF_PERSON) else None


def compose_team(
    manager: PersonName,
    findings: Sequence[Finding],
    scores: Sequence[Score],
    currency: str,
    wording: Wording | None = None,
    *,
    past: PastScores = NO_PAST,
) -> Card:
    """The reps of a team by money at risk. `scores` holds the team's own score and those of its
    reps."""
    wording = wording or Wording()
    deals = by_deal(finding for finding in findings if not finding.waived)
    team = next((score for score in scores if score.level == "team"), None)
    waived = sum(finding.waived for finding in findings)
    title = f"Pipeline hygiene · team of {manager.name}"
    blocks: tuple[Block, ...] = (
        Facts((*_score_facts(team, wording, past), *_risk_facts(deals, waived, currency, wording))),
        _reps_table(deals, scores, currency, wording, past),
    )
    return Card(f"hygiene:team:{manager.id}", title, blocks, f"{title}: {_in_one_line(team, deals, wording)}")


def compose_company(
    report: HygieneReport, currency: str, wording: Wording | None = None, *, past: PastScores = NO_PAST
) -> Card:
    """The company: its score, its regions, its rules by findings, and rules that did not run."""
    wording = wording or Wording()
    deals = by_deal(finding for finding in report.findings if not finding.waived)
    company = next((score for score in report.scores if score.level == "company"), None)
    waived = sum(finding.waived for finding in report.findings)
    day = wording.full_day(report.as_of)
    blocks: tuple[Block, ...] = (
        Facts((*_score_facts(company, wording, past), *_risk_facts(deals, waived, currency, wording))),
        *_process_problems(report.notices),
        *_regions(report.scores, past, wording),
        *_rules(report.findings, wording),
        *_unasked_rules(report.notices, wording),
    )
    title = f"Pipeline hygiene · company, {day.words}"
    return Card(
        f"hygiene:company:{report.as_of}", title, blocks, f"{title}: {_in_one_line(company, deals, wording)}"
    )


def _fix_buttons(deals: Sequence[DealFindings]) -> tuple[Block, ...]:
    """The form of each of the first deals that the person can fix."""
    fixable = [
        deal for deal in deals if any(one.audience is Audience.OWNER and one.fixes for one in deal.findings)
    ]
    if not fixable:
        return ()
    return (
        Buttons(
            tuple(
                Button(f"Fix {_short(deal.name)}", "fix", deal.opportunity_id)
                for deal in fixable[:FIX_BUTTONS]
            )
        ),
    )


def _short(name: str) -> str:
    bare = " ".join(name.split()) or "this deal"
    return bare if len(bare) <= LONGEST_LABEL else f"{bare[: LONGEST_LABEL - 1].rstrip()}…"


# --- Figures --------------------------------------------------------------------------------------


def _score_facts(score: Score | None, wording: Wording, past: PastScores) -> tuple[Fact, ...]:
    if score is None or score.value_share is None:
        return (Fact("Score", text("none yet: no open pipeline")),)
    share = wording.percent(score.value_share)
    rest = clean_words(score, past.of(score), wording).removeprefix(share)
    return (Fact("Score", text(Bold(share), rest)),)


def _risk_facts(
    deals: Sequence[DealFindings], waived: int, currency: str, wording: Wording
) -> tuple[Fact, ...]:
    risky = [deal for deal in deals if deal.is_at_risk]
    money = wording.short_money(money_at_risk(deals), currency)
    facts = [Fact("At risk", text(Bold(money), f" in {wording.count(len(risky), 'deal', 'deals')}"))]
    if waived:
        facts.append(Fact("Waived", text(wording.count(waived, "finding", "findings"))))
    return tuple(facts)


def _in_one_line(score: Score | None, deals: Sequence[DealFindings], wording: Wording) -> str:
    open_deals = wording.count(len(deals), "deal needs a fix", "deals need a fix")
    if score is None or score.value_share is None:
        return f"{open_deals}."
    return f"{wording.percent(score.value_share)} of value is clean; {open_deals}."


# --- Tables ---------------------------------------------------------------------------------------


def _deals_table(title: str, deals: Sequence[DealFindings], currency: str, wording: Wording) -> Table:
    lines = tuple(
        TableRow(
            (
                TextCell(text(deal.name)),
                TextCell(text(_money(deal.value, currency, wording))),
                TextCell(text(deal.severity.value)),
                TextCell(text(" ".join(sentence(finding.says) for finding in deal.findings))),
            )
        )
        for deal in deals
    )
    columns = (Column("Deal"), Column("Value", Align.RIGHT), Column("Severity"), Column("What is wrong"))
    return Table(title, columns, lines)


def _deal_lines(deals: Sequence[DealFindings], currency: str, wording: Wording) -> Facts:
    """The same without a table: a second one would make a second message on Slack."""
    return Facts(
        tuple(
            Fact(
                deal.name,
                text(
                    f"{_money(deal.value, currency, wording)}, {deal.severity.value}. ",
                    " ".join(sentence(finding.says) for finding in deal.findings),
                ),
            )
            for deal in deals
        )
    )


def _reps_table(
    deals: Sequence[DealFindings],
    scores: Sequence[Score],
    currency: str,
    wording: Wording,
    past: PastScores,
) -> Table:
    reps = {score.id: score for score in scores if score.level == "rep"}
    names = {rep: score.name for rep, score in reps.items()} | {
        deal.owner.id: deal.owner.name for deal in deals if deal.owner
    }
    owned = {rep: [deal for deal in deals if deal.owner and deal.owner.id == rep] for rep in names}
    order = sorted(names, key=lambda rep: (-money_at_risk(owned[rep]), -len(owned[rep]), names[rep]))
    lines = [_rep_row(names[rep], owned[rep], reps.get(rep), currency, wording, past) for rep in order]
    orphans = [deal for deal in deals if deal.owner is None]
    if orphans:
        lines.append(_rep_row("(No owner)", orphans, None, currency, wording, past))
    columns = (
        Column("Rep"),
        Column("At risk", Align.RIGHT),
        Column("To fix", Align.RIGHT),
        Column("Clean", Align.RIGHT),
        Column("Week", Align.RIGHT),
        Column("4 weeks", Align.RIGHT),
    )
    return Table("Reps by money at risk", columns, tuple(lines))


def _rep_row(
    name: str,
    deals: Sequence[DealFindings],
    score: Score | None,
    currency: str,
    wording: Wording,
    past: PastScores,
) -> TableRow:
    share = score.value_share if score else None
    moved = (NO_VALUE, NO_VALUE) if score is None else _moved(score, past)
    return TableRow(
        (
            TextCell(text(name)),
            TextCell(text(wording.short_money(money_at_risk(deals), currency))),
            TextCell(text(wording.number(len(deals)))),
            TextCell(text(wording.percent(share) if share is not None else NO_VALUE)),
            *(TextCell(text(words)) for words in moved),
        )
    )


def _moved(score: Score, past: PastScores) -> tuple[str, str]:
    """Percentage points in a week and in four weeks."""
    before = past.of(score)
    return (
        trend_words(points_since(score, before.week_ago)),
        trend_words(points_since(score, before.four_weeks_ago)),
    )


def _regions(scores: Sequence[Score], past: PastScores, wording: Wording) -> tuple[Block, ...]:
    shares = [
        (score.value_share, score)
        for score in scores
        if score.level == "region" and score.value_share is not None
    ]
    if not shares:
        return ()
    lines = tuple(
        TableRow(
            (
                TextCell(text(score.name)),
                TextCell(text(wording.percent(share))),
                *(TextCell(text(words)) for words in _moved(score, past)),
                TextCell(text(f"{wording.number(score.clean_deals)} of {wording.number(score.deals)}")),
            )
        )
        for share, score in sorted(shares, key=lambda item: (item[0], item[1].name))
    )
    figures = ("Clean value", "Week", "4 weeks", "Clean deals")
    columns = (Column("Region"), *(Column(title, Align.RIGHT) for title in figures))
    return (Table("Regions, lowest score first", columns, lines),)


def _rules(findings: Sequence[Finding], wording: Wording) -> tuple[Block, ...]:
    """Rules that nudge stand open; those that only observe are folded. Lines, not tables: a second table
    would make a second message on Slack."""
    open_findings = [finding for finding in findings if not finding.waived]
    nudging = {finding.rule for finding in open_findings if finding.nudges}
    counts = Counter(finding.rule for finding in open_findings)
    nudged = {rule: count for rule, count in counts.items() if rule in nudging}
    observed = {rule: count for rule, count in counts.items() if rule not in nudging}
    blocks: list[Block] = []
    if nudged:
        blocks += [Heading("Findings of rules that nudge"), _rule_facts(nudged, wording)]
    if observed:
        rules = wording.count(len(observed), "rule only observes", "rules only observe")
        total = wording.count(sum(observed.values()), "finding", "findings")
        blocks.append(Folded(f"{rules}: {total}", (_rule_facts(observed, wording),)))
    return tuple(blocks)


def _rule_facts(counts: Mapping[str, int], wording: Wording) -> Facts:
    return Facts(
        tuple(
            Fact(rule_label(rule), text(wording.number(count)))
            for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        )
    )


def _process_problems(notices: Sequence[RuleNotice]) -> tuple[Block, ...]:
    """Rules that too many deals break; they stand right below the score, which would look too good alone."""
    lines = tuple(
        Paragraph(text(Bold(rule_label(notice.rule)), f": {notice.says}"))
        for notice in notices
        if notice.unasked_because is None
    )
    return (Heading("Problems of the process, not of people: left out of the score"), *lines) if lines else ()


def _unasked_rules(notices: Sequence[RuleNotice], wording: Wording) -> tuple[Block, ...]:
    """Rules that did not run, gathered by the reason."""
    gathered: dict[str, list[str]] = {}
    for notice in notices:
        if notice.unasked_because is not None:
            gathered.setdefault(notice.unasked_because, []).append(rule_label(notice.rule).lower())
    if not gathered:
        return ()
    count = sum(len(rules) for rules in gathered.values())
    lines = tuple(
        Paragraph(text(f"{', '.join(rules).capitalize()}: {reason}"), Tone.NOTE)
        for reason, rules in gathered.items()
    )
    return (Folded(f"{wording.count(count, 'rule was', 'rules were')} not looked at", lines),)


def _money(amount: Decimal | None, currency: str, wording: Wording) -> str:
    return NO_VALUE if amount is None else wording.short_money(amount, currency)
