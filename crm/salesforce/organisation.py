"""One Salesforce organisation as this process knows it: who asks for it again gets the same.

Systems of record are made anew for every event and job; tokens, connections, counted calls and what
describe said must outlive them.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from crm.salesforce.definition import SalesforceDefinition
from crm.salesforce.describing import Descriptions
from crm.salesforce.people import People
from crm.salesforce.remembering import Remembered
from crm.salesforce.session import Session, open_session
from crm.salesforce.shapes import Shapes

_KEPT = 4
"""Organisations at once: a changed configuration is another one, and the one before it is still in use."""


@dataclass(frozen=True)
class Organisation:
    """What is shared by everything that talks to one organisation."""

    definition: SalesforceDefinition
    session: Session
    descriptions: Descriptions
    remembered: Remembered
    """What else is asked often and changes seldom."""
    people: People
    shapes: Shapes

    @staticmethod
    def behind(definition: SalesforceDefinition, session: Session) -> "Organisation":
        """Nothing is known of it yet."""
        minutes = definition.description_minutes
        descriptions, remembered = Descriptions(session, minutes), Remembered(session, minutes)
        people = People(remembered)
        return Organisation(
            definition, session, descriptions, remembered, people, Shapes(descriptions, people, remembered)
        )


_lock = threading.Lock()
_known: OrderedDict[tuple[SalesforceDefinition, Path], Organisation] = OrderedDict()


def organisation_of(definition: SalesforceDefinition, home: Path) -> Organisation:
    """The process's own one for a definition; nothing is asked yet. `home`: where a relative path of the key
    starts.

    One that has not been asked for longest is let go, and its connections end when nobody uses it any more.
    Raises `SignInFailed` where the configuration lacks what the sign-in needs.
    """
    key = (definition, home)
    with _lock:
        found = _known.pop(key, None) or Organisation.behind(definition, open_session(definition, home))
        _known[key] = found
        while len(_known) > _KEPT:
            _known.popitem(last=False)
        return found
