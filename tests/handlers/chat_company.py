"""A company of six people who are in a chat: two share an e-mail, one has left, Olga is sales operations."""

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.app import Council, open_desk
from bot.dispatch import Dispatch
from handlers.asking import Question, Typed, Where
from messages.render.terminal import render_text
from messages.reply import Reply
from pipeline.person_links import ChatAccount, Sender
from storage.chat_tables import outbox
from storage.database import reading
from storage.person_links import read_links
from tests.journeys.exported import Exported

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)

CONFIGURATION = """
[crm]
kind = "files"
[storage]
url = "{url}"
[people]
operations = ["olga@example.com", "kim@example.com"]
"""

DEAL = {
    "Id": "006A",
    "Name": "Acme",
    "StageName": "Qualification",
    "Amount": "1000",
    "CloseDate": "2026-06-30",
    "CreatedDate": "2026-04-02T10:00:00.000Z",
    "OwnerId": "005A",
}
STAGES = [{"MasterLabel": "Qualification", "SortOrder": "1", "IsClosed": "false", "IsWon": "false"}]


def user(id: str, name: str, email: str, is_active: bool = True) -> dict[str, str]:
    return {"Id": id, "Name": name, "Email": email, "IsActive": str(is_active).lower()}


USERS = [
    user("005A", "Ana Lind", "ana@example.com"),
    user("005B", "Ben Osei", "ben@example.com"),
    user("005O", "Olga Ops", "olga@example.com"),
    user("005T", "Tim Two", "two@example.com"),
    user("005U", "Tom Two", "Two@example.com"),
    user("005X", "Dale Gone", "dale@example.com", False),
]


@dataclass
class Scene:
    """A company whose people are in a chat."""

    exported: Exported

    @property
    def council(self) -> Council:
        return self.exported.council

    def pull(self, users: list[dict[str, str]]) -> None:
        self.exported.write({"Opportunity": [DEAL], "User": users, "OpportunityStage": STAGES})
        self.exported.pull(NOW)

    def ask(self, user_id: str, email: str | None, tenant: str = "T01", surface: str = "slack") -> str:
        account = ChatAccount(surface, tenant, user_id)
        sender = Sender(account, f"Chat {user_id}", email, "Europe/Berlin")
        dispatch = Dispatch(open_desk(self.council, NOW), lambda: NOW)
        return words(dispatch.answer_sender(sender, Typed("/help")))

    def say(self, question: Question, who: str = "005O", surface: str = "slack") -> Reply:
        """What somebody who is known asks; Olga, where nobody is named."""
        where = Where(surface, f"@{who}", tenant="T01")
        return Dispatch(open_desk(self.council, NOW), lambda: NOW).answer(who, question, where)

    def type(self, text: str, who: str = "005O", surface: str = "slack") -> str:
        """The answer to a typed line, in words; of a form, its title."""
        reply = self.say(Typed(text), who, surface)
        return words(reply) if reply.form is None else reply.form.title

    def links(self) -> dict[str, str]:
        with reading(self.council.engine) as connection:
            return {str(link.account): link.person for link in read_links(connection)}

    def letters(self) -> list[str]:
        """What operations were told: to whom, and the title."""
        with reading(self.council.engine) as connection:
            rows = connection.execute(outbox.select().order_by(outbox.c.no)).all()
        return [f"{row.audience} {row.kind}" for row in rows]


def words(reply: Reply) -> str:
    return " ".join(render_text(card, 300) for card in reply.cards)
