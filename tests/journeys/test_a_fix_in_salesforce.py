"""A rep mends a deal of Salesforce in chat: the form of its record type, a rule that objects, the audit."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import Council, open_council, open_desk, read_settings
from bot.cli.invocation import Invocation
from bot.dispatch import Dispatch
from handlers.asking import Clicked, Submitted
from messages.card import ChoiceInput, Form
from messages.render.terminal import render_text
from messages.reply import Reply
from storage.chat_tables import audit
from storage.database import reading
from tests.bot.test_command_line import council
from tests.salesforce.oauth import private_key
from tests.salesforce.organisation import NEEDS_NEXT_STEP, REP_USER, salesforce
from tests.salesforce.server import LocalSalesforce

NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)
DEAL = "Dryer line 2"
CONFIGURATION = """\
[crm]
kind = "salesforce"
[crm.salesforce]
host = "{url}"
client_id = "council-app"
{further}
[calendar]
timezone = "Europe/Berlin"
[metrics]
value_field = "Amount"
qualified_stage = "Qualification"
[money]
corporate_currency = "EUR"
[dimensions]
region = [{{ field = "Region__c" }}]
[[hygiene.custom]]
name = "country_missing"
when = "Country__c is None"
says = "Nobody wrote down the country."
severity = "high"
fixes = ["Country__c"]
"""


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSalesforce]:
    monkeypatch.setenv("COUNCIL_CRM__SALESFORCE__CLIENT_SECRET", "council-secret")
    with salesforce() as running:
        yield running


def id_of(served: LocalSalesforce, table: str, name: str) -> str:
    return next(str(row["Id"]) for row in served.org.rows(table) if row["Name"] == name)


def pulled(served: LocalSalesforce, folder: Path, further: str = "") -> Council:
    (folder / "key.pem").write_text(private_key(), encoding="utf-8")
    file = folder / "council.toml"
    file.write_text(CONFIGURATION.format(url=served.login_url, further=further), encoding="utf-8")
    done = council(folder, "pull", "--at", NOW.isoformat())
    assert done.returncode == 0, done.stderr
    environ = {"COUNCIL_CRM__SALESFORCE__CLIENT_SECRET": "council-secret"}
    called = Invocation(file, environ)
    return open_council(read_settings(called.config, called.environ))


class Chat:
    """Mara, whose deal it is."""

    def __init__(self, served: LocalSalesforce, opened: Council) -> None:
        self.mara, self.deal = id_of(served, "User", "Mara Meier"), id_of(served, "Opportunity", DEAL)
        self._served = served
        self._opened = opened
        self._dispatch = Dispatch(open_desk(opened, NOW), lambda: NOW)

    def open(self, what: str) -> Form:
        return form_of(self._dispatch.answer(self.mara, Clicked(what, self.deal)))

    def send(self, form: Form, **changed: str) -> Reply:
        filled = {
            block.key: str(getattr(block, "value", None) or "")
            for block in form.blocks
            if hasattr(block, "key")
        }
        return self._dispatch.answer(self.mara, Submitted(form.command, form.argument, filled | changed))

    def notes(self) -> list[tuple[str, str]]:
        with reading(self._opened.engine) as connection:
            rows = connection.execute(select(audit).where(audit.c.object == f"deal:{self.deal}"))
            return [(row.field, row.note) for row in rows]


def form_of(reply: Reply) -> Form:
    assert reply.form is not None, " ".join(render_text(card, 300) for card in reply.cards) + reply.note
    return reply.form


def choices(form: Form, key: str) -> list[str]:
    [block] = [block for block in form.blocks if isinstance(block, ChoiceInput) and block.key == key]
    return [choice.value for choice in block.choices]


@pytest.fixture
def chat(served: LocalSalesforce, tmp_path: Path) -> Iterator[Chat]:
    """The deal has no country, which a rule of the company's own asks for."""
    deal = id_of(served, "Opportunity", DEAL)
    served.org.update("Opportunity", deal, Country__c=None, StageName="Qualification")
    opened = pulled(served, tmp_path)
    yield Chat(served, opened)
    opened.engine.dispose()


def test_a_form_offers_what_goes_with_the_deals_region_and_the_audit_says_who_wrote(
    served: LocalSalesforce, chat: Chat
) -> None:
    form = chat.open("fix")
    assert choices(form, "Country__c") == ["Germany", "Austria"]
    reply = chat.send(form, Country__c="Austria", NextStep="Send the offer", CloseDate="2026-11-30")
    assert "Austria" in reply.note
    row = served.org.row("Opportunity", chat.deal)
    assert row is not None
    assert (row["Country__c"], row["CloseDate"]) == ("Austria", date(2026, 11, 30))
    assert ("Country__c", "written as the integration user") in chat.notes()
    assert row["LastModifiedById"] == id_of(served, "User", "Council Integration")


def test_a_rule_of_salesforce_objects_in_the_form_and_nothing_is_lost(
    served: LocalSalesforce, chat: Chat
) -> None:
    """The rule came about after the form had opened."""
    form = chat.open("next_step")
    served.org.update("Opportunity", chat.deal, StageName="Proposal")
    again = form_of(chat.send(form, NextStep=""))
    problems = [str(getattr(block, "problem", "")) for block in again.blocks]
    assert NEEDS_NEXT_STEP in problems
    assert chat.notes() == []


def test_a_fix_can_stand_under_the_persons_own_name(served: LocalSalesforce, tmp_path: Path) -> None:
    opened = pulled(served, tmp_path, 'writes = "as_person"\nprivate_key = "key.pem"')
    chat = Chat(served, opened)
    chat.send(chat.open("next_step"), NextStep="Send the offer")
    row = served.org.row("Opportunity", chat.deal)
    assert row is not None
    assert (row["NextStep"], row["LastModifiedById"]) == ("Send the offer", chat.mara)
    assert chat.notes() == [("NextStep", f"written as {REP_USER}")]
    opened.engine.dispose()
