"""One card of every kind, a card with every block, and a form with every input."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from messages.apm import compose_matrix, compose_row, compose_why
from messages.audit import compose_audit
from messages.card import (
    Align,
    Bold,
    Button,
    Buttons,
    ButtonStyle,
    Card,
    Choice,
    ChoiceInput,
    ChoicePick,
    Colour,
    Column,
    DateInput,
    DatePick,
    Day,
    DealPick,
    Direction,
    Divider,
    Fact,
    Facts,
    FigureCell,
    Folded,
    Form,
    Heading,
    Image,
    Input,
    Link,
    Money,
    NumberInput,
    Paragraph,
    Person,
    PersonInput,
    Pick,
    PlainBlock,
    RowKind,
    Table,
    TableRow,
    TextCell,
    TextInput,
    TextPick,
    Tone,
    Trend,
    text,
)
from messages.council import compose_council
from messages.council_threads import Around
from messages.deal_letters import say_done, say_settled
from messages.escalation import compose_telling, compose_warning
from messages.figures import matrix_table
from messages.fix import compose_not_mine
from messages.given import compose_given
from messages.held import compose_held, compose_nothing_held, tell_of_held
from messages.help import compose_help
from messages.hygiene import compose_company, compose_own, compose_team
from messages.manager_digest import compose_manager_digest
from messages.nudge import compose_all, compose_digest, compose_more, compose_more_done
from messages.outbox import (
    compose_access_regained,
    compose_delivery_doubt,
    compose_delivery_problem,
    compose_outbox,
)
from messages.problem import compose_failure, compose_problem
from messages.pull_report import compose_pull_report
from messages.recovered import ChangedField, compose_deal_gone, compose_finished, compose_not_written
from messages.rule_trial import compose_trial
from messages.rules import compose_rules
from messages.scores import compose_scores
from messages.waterfall import compose_waterfall
from messages.wording import Wording
from pipeline.audit_trail import AuditPage
from pipeline.errors import ConfigurationError, Mistake, UnknownName
from pipeline.letters import AccessRefusal, LetterState, TroubledLetter
from pipeline.matrix import Metric, Status
from tests.messages.action_examples import action_cards, action_forms
from tests.messages.audit_examples import MONEY_FIELDS, audit_page
from tests.messages.choice_examples import choice_cards, choice_forms
from tests.messages.council_examples import CONTEXT_FORM, COUNCIL_CARDS
from tests.messages.digest_examples import (
    digest,
    digest_done,
    digest_later,
    long_digest,
    nothing_to_fix,
    team_digest,
)
from tests.messages.finding_examples import (
    ANA,
    BEN,
    CARA,
    deal_lines,
    findings,
    hygiene_report,
    past_scores,
    pull_report,
    scores,
    team_findings,
    waterfall,
)
from tests.messages.fix_examples import fix_cards, fix_forms
from tests.messages.job_examples import job_cards
from tests.messages.matrix_examples import AS_OF, last_week, many_rows, matrix, pair_matrix
from tests.messages.page_examples import page_cards
from tests.messages.people_examples import people_cards, people_forms
from tests.messages.picture_example import PICTURE
from tests.messages.resumed_examples import resumed_cards
from tests.messages.rule_examples import changed_rule, managers_rule, observing_rule, rule_book, unasked_rule

TROUBLED = (
    TroubledLetter(
        "digest:2026-11-24:005A",
        "digest",
        "@005A",
        "Ana Lind",
        LetterState.FAILED,
        "No user here has the e-mail ana@example.com.",
        datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
    ),
    TroubledLetter(
        "council:2026-11-23",
        "council",
        "#pipeline-council",
        "#pipeline-council",
        LetterState.UNKNOWN,
        "The connection broke while it was on its way.",
        datetime(2026, 11, 23, 14, 0, tzinfo=UTC),
    ),
)


LOCKED_OUT = AccessRefusal(
    "slack",
    "Slack does not accept the app's token (token_revoked). Install the app anew and set its bot token.",
    datetime(2026, 11, 14, 8, 30, tzinfo=UTC),
    12,
)


def table(cell: str = "Acme") -> Table:
    return Table(
        "Two rows",
        (Column("Name"), Column("Figure", Align.RIGHT)),
        (
            TableRow(
                (TextCell(text(cell)), FigureCell("$1.2M", Status.RED, Trend(Direction.DOWN, "12%"), "≈"))
            ),
            TableRow((TextCell(text("part")), FigureCell("2.4×", Status.GREEN)), RowKind.PART),
            TableRow((TextCell(text("Total")), FigureCell("$3M")), RowKind.TOTAL),
        ),
    )


def plain_blocks(words: str = "Acme & Co") -> tuple[PlainBlock, ...]:
    """Every block but the fold, with `words` wherever a record's text can stand."""
    return (
        Paragraph(
            text(
                words,
                Bold(words),
                Link(words, "https://example.org/deal?a=1&b=2"),
                Person("005A", words),
                Day(date(2026, 11, 14), "Nov 14"),
                Money(Decimal("1234567.89"), "USD", "$1.2M"),
                Colour(Status.YELLOW),
            )
        ),
        Paragraph(text(words), Tone.NOTE),
        Heading(words),
        Facts((Fact(words, text(words)), Fact("Target", text("$4M")))),
        table(words),
        Image("picture.png", words, b"png"),
        Divider(),
        Buttons(
            (
                Button(words or "–", "fix", "006A", ButtonStyle.PRIMARY),
                Button("Drop it", "drop", "006A", ButtonStyle.DANGER),
                Button("Later", "later"),
            )
        ),
        DatePick(words or "–", "fix_date", "006A"),
        DatePick("Due", "due", "006A", date(2026, 11, 14)),
        ChoicePick(words or "–", "stage", "006A", stages(words)),
        ChoicePick("Status", "status", "006A", stages(words), "2"),
        TextPick(words or "–", "say", "006A"),
        TextPick("Word", "say", "006B", words),
        DealPick(words or "–", "find_deal"),
        *inputs(words),
    )


def stages(words: str) -> tuple[Choice, ...]:
    return (Choice("1", words), Choice("2", "Proposal"))


def inputs(words: str = "Acme & Co") -> tuple[PlainBlock, ...]:
    return (
        TextInput("next_step", words, words, words, True, 3, words),
        TextInput("name", "Name", words),
        DateInput("close_date", words, date(2026, 11, 14), "The day it closes", True),
        NumberInput("amount", "Amount", Decimal("1200.50")),
        ChoiceInput("stage", "Stage", stages(words), "2"),
        PersonInput("owner", "Owner", (Person("005A", words), Person("005B", "Ben")), "005B"),
    )


def everything(words: str = "Acme & Co") -> Card:
    blocks = plain_blocks(words)
    folded = Folded(words, tuple(block for block in blocks if not isinstance(block, Table | Pick | Input)))
    return Card("everything", words, (*blocks, folded), words, (Button("Done", "done"),))


def form(words: str = "Acme & Co") -> Form:
    asked = (Paragraph(text(words)), *inputs(words))
    return Form("fix:006A", words, asked, "save_fix", "006A", problem=words)


def confirmation() -> Form:
    """A form that only asks whether to go on."""
    asked = Paragraph(text("Acme would then close in the next quarter, and leaves this quarter's forecast."))
    return Form("push:006A", "Push two weeks?", (asked,), "push", "006A", "Push", "Leave it", "")


NOT_MINE_ASKED = compose_not_mine(
    "not_mine:006A:005B:005M", by="Ben Osei", deal_id="006A", deal="Acme renewal", manager=True
)

INTERRUPTED = (
    ChangedField("Close Date", "2026-09-30", "2026-11-14"),
    ChangedField("Next Step", "", "Call the sponsor"),
)


def manager_digest_later() -> Card:
    """Acme half fixed, Initech in order, and the folded deal lost."""
    acme, _, initech, folded = (deal.item.opportunity_id for deal in team_digest().deals)
    card = compose_manager_digest(team_digest(), "USD")
    card = say_done(
        card,
        acme,
        "Close date 2 Nov → 18 Dec, by Ana Lima",
        ("There is no next step: what happens next, and when?",),
    )
    card = say_done(card, initech, "you looked at it: it is right", ())
    return say_done(card, folded, "closed as lost, by Ana Lima", ())


def _cards() -> dict[str, Card]:
    region = matrix()
    emea = region.rows[0]
    around = Around(
        last_actions=(Paragraph(text("SPIFF in EMEA: coverage moved from 1.6× to 1.8× after it.")),),
        actions_by_row={"EMEA": (Paragraph(text("SPIFF by Ana, due on Friday.")),)},
    )
    picture = replace(PICTURE, instead=matrix_table(region, region.rows, Wording()))
    post = compose_council(region, last_week(), picture, around)
    crowded = compose_council(many_rows(32), None, PICTURE, around)
    mistakes = (
        Mistake("council.toml", "calendar.timezone", "Mars/Olympus", "expected an IANA time zone"),
        Mistake("council.toml", "money.rate_mode", "", "expected static or dated_by_close_date"),
    )
    return {
        **action_cards(),
        "apm": compose_matrix(region),
        "apm_pair": compose_matrix(pair_matrix()),
        "apm_row": compose_row(region, emea),
        "apm_row_of_pair": compose_row(pair_matrix(), pair_matrix().rows[0]),
        "apm_why": compose_why(region, emea, Metric.COVERAGE, deal_lines()),
        "apm_why_without_deals": compose_why(region, region.rows[1], Metric.PIPE_GEN),
        "council": post.summary,
        "council_thread": post.cards[1],
        "council_crowded": crowded.summary,
        "nudge": compose_digest(digest(), "USD"),
        "nudge_later": compose_digest(digest_later(), "USD"),
        "nudge_done": compose_digest(digest_done(), "USD"),
        "nudge_long": compose_digest(long_digest(), "USD"),
        "nudge_nothing": compose_digest(nothing_to_fix(), "USD"),
        "nudge_all": compose_all(digest(), "USD"),
        "warning": compose_warning("warning:2026-11-23:005A", ANA, findings()[:3], "USD"),
        "escalation": compose_telling("escalation:2026-11-24:005C", AS_OF, findings()[:3], "USD"),
        "manager_digest": compose_manager_digest(team_digest(), "USD"),
        "manager_digest_later": manager_digest_later(),
        "nudge_more": compose_more(digest().items[0]),
        "nudge_more_done": compose_more_done("006A", "Acme renewal", "snoozed until 1 Dec"),
        "given": compose_given(
            "given:1",
            by="Mona Reyes",
            deal_id="006000000000001AAA",
            deal="Acme renewal & expansion",
            findings=findings()[:2],
            currency="USD",
            grace_days=10,
        ),
        "not_mine_settled": say_settled(NOT_MINE_ASKED, "handed over to Ana Lima, by Mona Reyes"),
        "hygiene_own": compose_own(ANA, findings(), scores()[2], "USD", past=past_scores()),
        "hygiene_team": compose_team(CARA, team_findings(), scores(), "USD", past=past_scores()),
        "hygiene_company": compose_company(hygiene_report(), "USD", past=past_scores()),
        "hygiene_scores": compose_scores(AS_OF, scores(), past_scores(), {ANA.id: CARA.id, BEN.id: CARA.id}),
        "rules": compose_rules(rule_book()),
        "rule_trial": compose_trial(changed_rule()),
        "rule_trial_observing": compose_trial(observing_rule()),
        "rule_trial_managers": compose_trial(managers_rule()),
        "rule_trial_unasked": compose_trial(unasked_rule()),
        "waterfall": compose_waterfall(waterfall()),
        "help": compose_help(("rep", "manager")),
        "help_unknown": compose_help(()),
        "problem": compose_problem(UnknownName("There is no region “EMAE”. Did you mean EMEA?")),
        "problem_configuration": compose_problem(ConfigurationError(mistakes)),
        "failure": compose_failure("7f3a"),
        "pull_report": compose_pull_report(pull_report()),
        "outbox": compose_outbox(TROUBLED),
        "outbox_nothing": compose_outbox(()),
        "outbox_refused": compose_outbox(TROUBLED[:1], (LOCKED_OUT,)),
        "access_regained": compose_access_regained(
            "chat_access:slack:1", LOCKED_OUT, datetime(2026, 11, 14, 17, 2, tzinfo=UTC)
        ),
        "held_line": tell_of_held(
            compose_problem(UnknownName("Words.")), ("reminder", "escalation", "digest", "digest")
        ),
        "held": compose_held(6, (compose_help(()),))[0],
        "held_nothing": compose_nothing_held(),
        "delivery_problem": compose_delivery_problem(
            "delivery_problem:1", "Ana Lind", "digest", "No user here has the e-mail ana@example.com."
        ),
        "delivery_doubt": compose_delivery_doubt(
            "delivery_doubt:1", "Ana Lind", "digest", "The connection broke while it was on its way."
        ),
        "recovered_saved": compose_finished("recovered:1", "Acme & Co", INTERRUPTED),
        "recovered_not_saved": compose_not_written("recovered:2", "006A", "Acme & Co", INTERRUPTED),
        "recovered_gone": compose_deal_gone("recovered:3"),
        **resumed_cards(),
        "audit": compose_audit(audit_page(), UTC, MONEY_FIELDS, Wording()),
        "audit_nothing": compose_audit(AuditPage((), has_older=False), UTC, MONEY_FIELDS, Wording()),
        **fix_cards(),
        **choice_cards(),
        **job_cards(),
        **COUNCIL_CARDS,
        **people_cards(),
        **page_cards(),
        "everything": everything(),
    }


CARDS = _cards()
FORMS: dict[str, Form] = {
    **action_forms(),
    **fix_forms(),
    **choice_forms(),
    **people_forms(),
    "form": form(),
    "council_context": CONTEXT_FORM,
    "confirmation": confirmation(),
}
