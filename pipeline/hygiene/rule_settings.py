"""The settings of each built-in rule: thresholds with their units, severity, nudging, exemptions.

A subclass of `RuleSettings` per rule that has thresholds of its own; `BuiltInRules` binds them to the
rules' names. Every description becomes documentation.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, ValidationError, model_validator

from pipeline.definitions import Number
from pipeline.findings import Severity
from pipeline.hygiene.section import FieldPath, HygieneSection
from pipeline.nearest import nearest

RENEWAL = "renewal"


class Exemptions(HygieneSection):
    """Deals that a rule leaves alone; one match is enough."""

    stages: tuple[str, ...] = Field((), description="Stages in which the rule does not apply.")
    segments: tuple[str, ...] = Field((), description="Segments to which the rule does not apply.")
    record_types: tuple[str, ...] = Field((), description="Names of record types that are exempt.")
    deal_types: tuple[str, ...] = Field(
        (RENEWAL,), description="Deal types that are exempt: new_business, expansion, renewal or other."
    )
    below_value: Number | None = Field(
        None,
        description="Deals worth less than this, in the corporate currency, are exempt; a deal whose value "
        "is unknown is not.",
    )


class RuleCase(HygieneSection):
    """Other settings for some deals: all given conditions must hold, and the first case that fits wins."""

    stages: tuple[str, ...] = Field((), description="Only in these stages.")
    segments: tuple[str, ...] = Field((), description="Only in these segments.")
    record_types: tuple[str, ...] = Field((), description="Only these record types, by name.")
    deal_types: tuple[str, ...] = Field((), description="Only these deal types.")
    from_value: Number | None = Field(
        None, description="Only deals worth this or more, in the corporate currency."
    )
    severity: Severity | None = Field(None, description="Severity in this case.")
    settings: Mapping[str, Any] = Field(
        {}, description="The rule's own thresholds in this case: { after_days = 21 }."
    )


class RuleSettings(HygieneSection):
    """What can be set for every rule."""

    same_for_all_deals: ClassVar[frozenset[str]] = frozenset()
    """Thresholds that say how something is looked up for all deals at once; no case changes them."""

    enabled: bool = Field(True, description="Whether the rule is looked at.")
    nudge: bool = Field(
        False, description="Whether the rule nudges people and counts in the score; else it only observes."
    )
    severity: Severity | None = Field(
        None, description="One severity for every finding of the rule; default: as the rule's table says."
    )
    exempt: Exemptions = Field(Exemptions(), description="Deals that the rule leaves alone.")
    cases: tuple[RuleCase, ...] = Field((), description="Other thresholds or severities for some deals.")

    @classmethod
    def threshold_names(cls) -> tuple[str, ...]:
        """The rule's own settings, beside those that every rule has."""
        return tuple(name for name in cls.model_fields if name not in RuleSettings.model_fields)

    def thresholds(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in self.threshold_names()}

    def in_case(self, case: RuleCase) -> Self:
        """These settings as they are for the deals of one case. Raises `ValidationError`."""
        changed = {name: getattr(self, name) for name in type(self).model_fields if name != "cases"}
        changed.update(case.settings)
        if case.severity is not None:
            changed["severity"] = case.severity
        return type(self).model_validate(changed)

    @model_validator(mode="after")
    def _sound_cases(self) -> Self:
        for case in self.cases:
            for name in case.settings:
                self._check_threshold(name)
            try:
                self.in_case(case)
            except ValidationError as error:
                first = error.errors()[0]
                raise ValueError(f"cases.settings.{first['loc'][0]}: {first['msg']}") from error
        return self

    def _check_threshold(self, name: str) -> None:
        names = self.threshold_names()
        if name in self.same_for_all_deals:
            raise ValueError(f"cases.settings.{name}: this is one for all deals; set it beside `cases`")
        if name in names:
            return
        if not names:
            raise ValueError(f"cases.settings.{name}: this rule has no thresholds of its own")
        near = nearest(name, names)
        meant = f"did you mean {near}?" if near else f"expected one of {', '.join(names)}"
        raise ValueError(f"cases.settings.{name}: there is no such threshold; {meant}")


class NudgingRule(RuleSettings):
    """A rule that nudges by default and has no thresholds."""

    nudge: bool = Field(True, description=str(RuleSettings.model_fields["nudge"].description))


class CloseDatePast(NudgingRule):
    grace_days: int = Field(1, ge=0, description="Days after the close date on which nothing is said.")


class CloseDatePlaceholder(RuleSettings):
    early_stages: int = Field(2, ge=1, description="How many of the first stages count as early.")


class CloseDateTooSoon(RuleSettings):
    within_days: int = Field(14, ge=0, description="Closing within so many days, today included.")
    early_stages: int = Field(2, ge=1, description="How many of the first stages count as early.")


class CloseDateTooFar(RuleSettings):
    after_months: int = Field(12, ge=1, description="Close date more than so many months away.")
    enterprise_after_months: int = Field(18, ge=1, description="The same for enterprise segments.")


class CloseDatePushed(RuleSettings):
    times: int = Field(3, ge=1, description="Moves to a later month since the deal qualified, from which on.")
    commit_times: int = Field(2, ge=1, description="The same for deals in Commit.")


class CommitLeftQuarter(NudgingRule):
    same_for_all_deals = frozenset(["days_ago"])

    days_ago: int = Field(7, ge=1, description="The deal was in Commit so many days ago.")


class NextStepMissing(NudgingRule):
    after_days: int = Field(3, ge=0, description="Deals older than so many days.")


class NextStepStale(RuleSettings):
    after_days: int = Field(14, ge=1, description="Next step unchanged for so many days.")
    commit_after_days: int = Field(7, ge=1, description="The same in Commit or closing soon.")
    closing_within_days: int = Field(
        30, ge=0, description="Closing soon: within so many days, past due included."
    )
    early_after_days: int = Field(21, ge=1, description="Next step unchanged, in early stages.")
    early_stages: int = Field(2, ge=0, description="How many of the first stages count as early.")


class NoRecentActivity(RuleSettings):
    after_days: int = Field(30, ge=1, description="Last activity longer ago than so many days.")
    mid_after_days: int = Field(14, ge=1, description="The same in mid-market segments.")
    small_after_days: int = Field(7, ge=1, description="The same in small business segments.")
    commit_after_days: int = Field(7, ge=1, description="The same in Commit, whatever the segment.")
    exempt_younger_than_days: int = Field(
        7, ge=0, description="Records younger than so many days are exempt."
    )


class NothingPlanned(RuleSettings):
    closing_within_days: int = Field(30, ge=0, description="Closing within so many days, past due included.")


class OverdueTask(RuleSettings):
    after_days: int = Field(3, ge=0, description="A task overdue for more than so many days.")


class StuckInStage(RuleSettings):
    same_for_all_deals = frozenset(["median_factor", "minimum_won_deals", "stage_days", "at_least_days"])

    median_factor: Number = Field(
        "1.5", gt=0, validate_default=True, description="Times the median of won deals in stage and segment."
    )
    minimum_won_deals: int = Field(
        20, ge=1, description="Fewer won deals than this make no median; then `stage_days`."
    )
    stage_days: tuple[int, ...] = Field(
        (30, 30, 21, 14),
        min_length=1,
        description="Days allowed by position of the stage where there is no median; later stages: the last.",
    )
    at_least_days: int = Field(14, ge=0, description="No stage is allowed fewer days than this.")


class TooOld(RuleSettings):
    same_for_all_deals = frozenset(["median_factor", "minimum_won_deals"])

    median_factor: Number = Field(
        "2", gt=0, validate_default=True, description="Times the median won cycle of the segment."
    )
    minimum_won_deals: int = Field(
        20, ge=1, description="Fewer won deals than this make no median; the segment is then not looked at."
    )


class ContactMissing(RuleSettings):
    after_days: int = Field(3, ge=0, description="Deals older than so many days.")


class SingleThreaded(RuleSettings):
    minimum_contacts: int = Field(2, ge=1, description="Contacts that a deal at Proposal needs.")
    negotiation_contacts: int = Field(3, ge=1, description="Contacts that a deal at Negotiation needs.")
    from_value: Number = Field(
        "50000", ge=0, validate_default=True, description="Deals worth this or more, in corporate currency."
    )


class EconomicBuyerMissing(RuleSettings):
    from_value: Number = Field(
        "50000", ge=0, validate_default=True, description="Deals worth this or more, in corporate currency."
    )


class OmittedOpen(RuleSettings):
    after_days: int = Field(30, ge=0, description="Omitted for so many days.")


class QualificationIncomplete(RuleSettings):
    proposal_share: Number = Field(
        "0.5",
        ge=0,
        le=1,
        validate_default=True,
        description="Share of the fields to be filled from Proposal.",
    )
    negotiation_share: Number = Field(
        "0.8", ge=0, le=1, validate_default=True, description="Share to be filled from Negotiation."
    )


class CompetitorMissing(RuleSettings):
    same_for_all_deals = frozenset(["field"])

    field: FieldPath = Field("MainCompetitors__c", description="Field that names the competitors.")


class LossReasonMissing(RuleSettings):
    same_for_all_deals = frozenset(["field"])

    field: FieldPath = Field("Loss_Reason__c", description="Field that names the reason of a loss.")
    after_days: int = Field(2, ge=0, description="Lost for so many days.")


class DimensionMissing(RuleSettings):
    after_days: int = Field(3, ge=0, description="So many days after creation.")


class PossibleDuplicate(RuleSettings):
    same_for_all_deals = frozenset(["value_within", "close_within_days"])

    value_within: Number = Field(
        "0.1",
        ge=0,
        le=1,
        validate_default=True,
        description="Values differ by at most this share of the larger.",
    )
    close_within_days: int = Field(90, ge=0, description="Close dates differ by at most so many days.")


class WonDateAnomaly(RuleSettings):
    late_days: int = Field(
        5, ge=0, description="Marked won more than so many days after a close date in an earlier quarter."
    )


class BuiltInRules(HygieneSection):
    """`[hygiene.rules.<name>]`: the settings of each rule."""

    close_date_missing: NudgingRule = NudgingRule()
    close_date_past: CloseDatePast = CloseDatePast()
    close_date_placeholder: CloseDatePlaceholder = CloseDatePlaceholder()
    close_date_too_soon: CloseDateTooSoon = CloseDateTooSoon()
    close_date_too_far: CloseDateTooFar = CloseDateTooFar()
    close_date_pushed: CloseDatePushed = CloseDatePushed()
    commit_left_quarter: CommitLeftQuarter = CommitLeftQuarter()
    next_step_missing: NextStepMissing = NextStepMissing()
    next_step_stale: NextStepStale = NextStepStale()
    no_recent_activity: NoRecentActivity = NoRecentActivity()
    nothing_planned: NothingPlanned = NothingPlanned()
    overdue_task: OverdueTask = OverdueTask()
    stuck_in_stage: StuckInStage = StuckInStage()
    too_old: TooOld = TooOld()
    amount_missing: NudgingRule = NudgingRule()
    value_missing: RuleSettings = RuleSettings()
    products_missing: RuleSettings = RuleSettings()
    contact_missing: ContactMissing = ContactMissing()
    single_threaded: SingleThreaded = SingleThreaded()
    economic_buyer_missing: EconomicBuyerMissing = EconomicBuyerMissing()
    category_stage_mismatch: RuleSettings = RuleSettings()
    omitted_open: OmittedOpen = OmittedOpen()
    qualification_incomplete: QualificationIncomplete = QualificationIncomplete()
    competitor_missing: CompetitorMissing = CompetitorMissing()
    loss_reason_missing: LossReasonMissing = LossReasonMissing()
    source_missing: DimensionMissing = DimensionMissing()
    segment_missing: DimensionMissing = DimensionMissing()
    region_missing: DimensionMissing = DimensionMissing()
    possible_duplicate: PossibleDuplicate = PossibleDuplicate()
    owner_inactive: NudgingRule = NudgingRule()
    account_missing: RuleSettings = RuleSettings()
    won_date_anomaly: WonDateAnomaly = WonDateAnomaly()

    def of(self, rule: str) -> RuleSettings:
        settings: RuleSettings = getattr(self, rule)
        return settings
