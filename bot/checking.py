"""The configuration against the CRM that it is meant for: every mistake at once."""

from datetime import datetime

from bot.settings import Settings, check_settings_against, field_kinds
from crm.records import Crm, PullRequest, StageRecord
from pipeline.errors import ConfigurationError, Mistake


def check_configuration(settings: Settings, crm: Crm, now: datetime) -> None:
    """Raises `ConfigurationError` with every stage and field that the CRM does not know, and
    `CouncilError` where the CRM cannot be read at all."""
    mistakes = find_mistakes(settings, crm, now)
    if mistakes:
        raise ConfigurationError(mistakes)


def find_mistakes(settings: Settings, crm: Crm, now: datetime) -> list[Mistake]:
    fields = crm.capabilities().opportunity_fields
    stages = sorted(read_stages(settings, crm, now), key=lambda stage: stage.order)
    return check_settings_against(settings, [stage.name for stage in stages], fields)


def read_stages(settings: Settings, crm: Crm, now: datetime) -> list[StageRecord]:
    """A pull begins with them; what comes behind is not read."""
    request = PullRequest(
        fields=field_kinds(settings),
        corporate_currency=settings.money.corporate_currency,
        now=int(now.timestamp()),
        timezone=settings.calendar.timezone,
    )
    stages: list[StageRecord] = []
    for batch in crm.pull(request):
        others = [record for record in batch.records if not isinstance(record, StageRecord)]
        stages.extend(record for record in batch.records if isinstance(record, StageRecord))
        if others:
            break
    return stages
