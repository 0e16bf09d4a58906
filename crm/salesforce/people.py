"""Who a deal can be given to, and by which name a person signs in."""

from crm.salesforce.errors import QueryRefused
from crm.salesforce.ids import is_id
from crm.salesforce.remembering import Remembered
from crm.salesforce.session import Session
from pipeline.crm_fields import PickValue

_ACTIVE = "SELECT Id, Name FROM User WHERE IsActive = true AND UserType = 'Standard' ORDER BY Name"


class People:
    """Users, kept as long as descriptions are. Safe to use from several threads."""

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered

    def choices(self) -> tuple[PickValue, ...]:
        """Everybody who can own a deal, by name; nobody where our user cannot see users."""
        return self._remembered.get("people", _read_choices)

    def username(self, user_id: str) -> str | None:
        """By which a person signs in; `None` for who is no active user."""
        if not is_id(user_id):
            return None
        return self._remembered.get(("username", user_id), lambda session: _read_username(session, user_id))


def _read_choices(session: Session) -> tuple[PickValue, ...]:
    try:
        return tuple(PickValue(str(row["Id"]), str(row["Name"])) for row in session.query(_ACTIVE))
    except QueryRefused:
        return ()


def _read_username(session: Session, user_id: str) -> str | None:
    soql = f"SELECT Username FROM User WHERE Id = '{user_id}' AND IsActive = true"
    return next((str(row["Username"]) for row in session.query(soql)), None)
