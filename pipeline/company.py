"""The company as the rules know it: everything of the configuration that figures and access need."""

from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from pipeline.actions_definition import ActionsDefinition
from pipeline.chat_definition import ChatDefinition
from pipeline.countries import Countries
from pipeline.definitions import CouncilDefinition, Definitions, PeopleDefinition
from pipeline.hygiene.definition import HygieneDefinition
from pipeline.nudges_definition import NudgesDefinition
from pipeline.schedule import Schedule
from pipeline.working_days import WorkingDays


@dataclass(frozen=True)
class Company:
    """What a company means by its figures, its hygiene and its roles."""

    definitions: Definitions
    hygiene: HygieneDefinition
    people: PeopleDefinition
    council: CouncilDefinition
    nudges: NudgesDefinition = field(default_factory=NudgesDefinition)
    actions: ActionsDefinition = field(default_factory=ActionsDefinition)
    working_days: WorkingDays = field(default_factory=WorkingDays)
    chat: ChatDefinition = field(default_factory=ChatDefinition)
    council_timezone: str | None = None
    """Where the council meets, as its job names it; `None`: where the organisation is."""
    pull_schedule: Schedule | None = None
    """By which the mirror is brought up to date; `None`: by hand alone."""

    @cached_property
    def council_zone(self) -> ZoneInfo:
        """The clock and the calendar that the council's days, words and actions go by."""
        return ZoneInfo(self.council_timezone) if self.council_timezone else self.definitions.calendar.zone

    @cached_property
    def countries(self) -> Countries:
        """In which country each person is."""
        return Countries(self.people.countries, self.people.country_field, self.nudges.countries)
