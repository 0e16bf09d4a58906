"""`/council`: the latest edition, a word before the next, the recap; and a cell's deals as a file."""

from datetime import date, timedelta

from handlers.asking import Asked, Clicked, Submitted
from handlers.capability import Capability, Words
from handlers.cells import read_cell
from handlers.grammar import ShowWhy, is_metric, read_why
from handlers.late_words import council_in_talk, say_in_thread
from handlers.today import read_today
from handlers.values import find_value
from handlers.word_keeping import keep_word
from handlers.words import CommandNotUnderstood, old_button
from messages.apm import compose_matrix
from messages.card_text import card_from_text
from messages.cell_buttons import DEALS_CSV, GIVE_CONTEXT
from messages.council import council_key, in_channel
from messages.deals_sheet import compose_deals_file, deals_csv, deals_file_name
from messages.preparation import (
    LONGEST_IN_A_FORM,
    LONGEST_WORDS,
    WORDS,
    compose_context_form,
    compose_context_saved,
    compose_context_too_long,
)
from messages.recap import RECAP_FILE, compose_recap, recap_csv, recap_markdown
from messages.reply import Attachment, Reply
from messages.restated import mark_restated
from pipeline.access import Action, CompanyCells, may
from pipeline.cell_names import CellName
from pipeline.council_days import council_to_hold, next_council
from pipeline.editions import Edition
from pipeline.errors import AccessDenied, CouncilError
from pipeline.recap import Recap
from pipeline.visible_deals import sees_deals, visible_deals
from storage.cell_words import read_contexts
from storage.council_week import restated_since
from storage.database import Connection, reading
from storage.deals import read_deals
from storage.editions import read_edition, read_last_edition
from storage.mirror import mirror_state
from storage.outbox import read_letter_card
from storage.recaps import read_recap

DEALS_IN_A_FILE = 10_000
_AFTER_A_CELL = " :,;-–—"
"""How people set off what they say of a cell from its name."""


def answer_council(asked: Asked, words: Words) -> Reply:
    """Raises `CouncilError`."""
    may(asked.member, Action.SEE, CompanyCells()).require()
    if not words:
        return _show_latest(asked)
    match words[0].casefold():
        case "context":
            return _typed_context(asked, words[1:])
        case "recap":
            return Reply((compose_recap(_recap(asked, None)),))
    raise CommandNotUnderstood(
        'Type /council, /council context EMEA coverage "what the council should know" or /council recap.'
    )


def _show_latest(asked: Asked) -> Reply:
    """The summary as it was posted; where it was not, the frozen table. What was restated since is marked."""
    with reading(asked.engine) as connection:
        edition = _latest(asked, connection)
        posted = _posted_card(asked, connection, edition)
    table = edition.tables[asked.company.council.leading_dimension]
    restated = restated_since(asked.engine, asked.company, edition)
    if posted:
        return Reply((mark_restated(card_from_text(posted), restated, edition.as_of, table.currency),))
    return Reply((compose_matrix(table, restated=restated),))


def _latest(asked: Asked, connection: Connection, day: date | None = None) -> Edition:
    found = read_last_edition(connection, _today(asked)) if day is None else read_edition(connection, day)
    if found is None:
        coming = next_council(asked.company.council.weekday, asked.company.working_days, _today(asked))
        none = "There was no council yet" if day is None else f"No council was held on {day:%-d %B %Y}"
        raise CouncilError(f"{none}. The next is on {coming:%A, %-d %B}; type /apm region until then.")
    return found


def _posted_card(asked: Asked, connection: Connection, edition: Edition) -> str | None:
    table = edition.tables.get(asked.company.council.leading_dimension)
    if table is None:
        return None
    key = council_key(table.period.label, edition.as_of)
    cards = (read_letter_card(connection, in_channel(key, name)) for name in asked.company.council.channels)
    return next((card for card in cards if card is not None), None)


def _today(asked: Asked) -> date:
    return asked.now.astimezone(asked.company.council_zone).date()


# --- A word about a cell --------------------------------------------------------------------------


def _typed_context(asked: Asked, words: Words) -> Reply:
    """`EMEA coverage two large deals moved`; without the words, the form."""
    may(asked.member, Action.GIVE_CONTEXT, CompanyCells()).require()
    wanted, said = _read_context(words)
    dimension, value = find_value(asked.engine, asked.company, wanted.value, wanted.dimension)
    cell = CellName(dimension, value, wanted.metric)
    council = council_in_talk(asked, cell) or _open_council(asked)
    return _save(asked, cell, council, said) if said else _form(asked, cell, council)


def _read_context(words: Words) -> tuple[ShowWhy, str]:
    """The cell ends with the first figure named; what stands behind it was said, in quotes or not."""
    for start in range(len(words)):
        for end in (start + 2, start + 1):
            named = [*words[:start], " ".join(words[start:end]).rstrip(_AFTER_A_CELL)]
            if end <= len(words) and is_metric(named[-1]):
                return read_why(named), " ".join(words[end:]).lstrip(_AFTER_A_CELL)
    raise CommandNotUnderstood(
        "Name the cell with its figure, then what the council should know: /council context EMEA coverage "
        '"Two large deals moved". The figure is forecast, closed won, open pipeline, pipe gen or coverage.'
    )


def ask_context(asked: Asked, clicked: Clicked) -> Reply:
    """What was written into the message itself; else the form, with what the person has said so far."""
    cell, council = _cell_and_council(asked, clicked.argument)
    said = clicked.value.strip()
    return _save(asked, cell, council, said) if said else _form(asked, cell, council)


def save_context(asked: Asked, submitted: Submitted) -> Reply:
    """What was typed stays in the form where it cannot be kept."""
    cell, council = _cell_and_council(asked, submitted.argument)
    return _save(asked, cell, council, submitted.answers.get(WORDS, "").strip())


def _form(asked: Asked, cell: CellName, council: date) -> Reply:
    may(asked.member, Action.GIVE_CONTEXT, CompanyCells()).require()
    with reading(asked.engine) as connection:
        said = [one for one in read_contexts(connection, council) if one.cell == cell]
    own = next((one.words for one in said if one.person_id == asked.member.id), "")
    return Reply((), form=compose_context_form(cell, council, own))


def _cell_and_council(asked: Asked, argument: str) -> tuple[CellName, date]:
    """The argument comes back from outside: the row has to be there, the council not after the next."""
    try:
        named, council = read_cell(argument)
    except CommandNotUnderstood:
        council = None
    if council is None or council > _open_council(asked):
        raise CommandNotUnderstood(
            "This is from an older message, and nothing was changed. Type /council context EMEA coverage, "
            "with the cell that you mean, for a new form."
        )
    dimension, value = find_value(asked.engine, asked.company, named.value, named.dimension)
    return CellName(dimension, value, named.metric), council


def _open_council(asked: Asked) -> date:
    """The one that is to be held, today or late, until it is posted; else the next."""
    council, today = asked.company.council, _today(asked)
    with reading(asked.engine) as connection:
        first_pull = mirror_state(connection).first_pull_day
        since = None if first_pull is None else date.fromordinal(first_pull)
        day = council_to_hold(council.weekday, asked.company.working_days, today, since)
        if day is not None and not _is_posted(asked, connection, day):
            return day
    return next_council(council.weekday, asked.company.working_days, today + timedelta(days=1))


def _is_posted(asked: Asked, connection: Connection, day: date) -> bool:
    edition = read_edition(connection, day)
    return edition is not None and _posted_card(asked, connection, edition) is not None


def _save(asked: Asked, cell: CellName, council: date, words: str) -> Reply:
    may(asked.member, Action.GIVE_CONTEXT, CompanyCells()).require()
    if len(words) > LONGEST_WORDS:
        return _too_long(cell, council, words)
    coming = _open_council(asked)
    if council < coming and council_in_talk(asked, cell) == council:
        return say_in_thread(asked, cell, council, words)
    if council < coming:
        return _say_later(asked, cell, council, coming, words)
    with asked.acting() as connection:
        _require_unposted(asked, connection, council)  # it may have been posted while the form was read
        keep_word(connection, asked, cell, council, words)
    return Reply((compose_context_saved(cell, council, words),))


def _too_long(cell: CellName, council: date, words: str) -> Reply:
    """The form with what was typed; where a form cannot hold it, a message with all of it."""
    if len(words) > LONGEST_IN_A_FORM:
        return Reply((compose_context_too_long(cell, council, words),))
    problem = f"That has {len(words):,} characters; at most {LONGEST_WORDS:,} fit into the post."
    return Reply((), form=compose_context_form(cell, council, words, problem))


def _require_unposted(asked: Asked, connection: Connection, council: date) -> None:
    if _is_posted(asked, connection, council):
        raise CouncilError(
            f"The council of {council:%-d %B} is posted, and no thread of it waits for this word any more, "
            "so nothing was changed. Say it in the channel, or type /council context for the next council."
        )


def _say_later(asked: Asked, cell: CellName, council: date, coming: date, words: str) -> Reply:
    """Too late for a council that was posted. One that was moved, or never held, gives way to the next."""
    with reading(asked.engine) as connection:
        _require_unposted(asked, connection, council)
    problem = (
        f"There was no council on {council:%-d %B}. Nothing is saved yet: send this for the one on "
        f"{coming:%A, %-d %B}."
    )
    return Reply((), form=compose_context_form(cell, coming, words, problem))


# --- Recap and deals as files ---------------------------------------------------------------------


def give_recap(asked: Asked, clicked: Clicked) -> Reply:
    """The recap as Markdown or CSV."""
    may(asked.member, Action.SEE, CompanyCells()).require()
    day, _, kind = clicked.argument.partition("/")
    try:
        recap = _recap(asked, date.fromisoformat(day))
    except ValueError as error:
        raise old_button() from error
    if kind == "csv":
        file = Attachment(f"council-{day}.csv", recap_csv(recap).encode())
    else:
        file = Attachment(f"council-{day}.md", recap_markdown(recap).encode(), "text/markdown")
    return Reply((compose_recap(recap),), attachment=file)


def _recap(asked: Asked, day: date | None) -> Recap:
    with reading(asked.engine) as connection:
        edition = _latest(asked, connection, day)
        return read_recap(connection, edition, asked.company)


def give_deals(asked: Asked, clicked: Clicked) -> Reply:
    """The deals behind a cell as CSV, for those who may see them: all, or their own team's."""
    named, day = read_cell(clicked.argument)
    member = asked.member
    if not sees_deals(member) and not member.reports:
        raise AccessDenied("Deals are for their owners, the managers above and sales operations.")
    dimension, value = find_value(asked.engine, asked.company, named.value, named.dimension)
    as_of = day or read_today(asked.engine)
    found = read_deals(
        asked.engine,
        asked.company,
        as_of=as_of,
        dimension=dimension,
        value=value,
        metric=named.metric,
        owners=None if sees_deals(member) else member.team,
        limit=DEALS_IN_A_FILE,
    )
    deals = visible_deals(member, found)
    cell = CellName(dimension, value, named.metric)
    file = Attachment(deals_file_name(cell, as_of), deals_csv(deals).encode())
    return Reply((compose_deals_file(cell, as_of, len(deals)),), attachment=file)


CAPABILITY = Capability(
    typed={"council": answer_council},
    sayings=frozenset({"council"}),
    clicks={GIVE_CONTEXT: ask_context, RECAP_FILE: give_recap, DEALS_CSV: give_deals},
    forms={GIVE_CONTEXT: save_context},
    opens=frozenset({GIVE_CONTEXT}),
)
