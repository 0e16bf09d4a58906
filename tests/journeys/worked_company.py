"""The deals of the worked examples: what each did, day by day, written as Salesforce exports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.journeys.exported import Cells, Exported

PULLED_AT = datetime(2026, 3, 18, 6, 30, tzinfo=UTC)
"""Half past eleven in the evening of 17 March in Los Angeles: day 45 of the 89 days of FY27 Q1."""

CONFIGURATION = """
[crm]
kind = "files"
[crm.files]
folder = "exports"
complete = true
[storage]
url = "sqlite:///council.db"
[calendar]
timezone = "America/Los_Angeles"
start_month = 2
[metrics]
value_field = "ACV__c"
splits = {splits}
[dimensions]
region = [{region}]
segment = [{{ field = "Account.NumberOfEmployees", bands = {{ SMB = [0, 199], ENT = [200] }} }}]
deal_type = [{{ field = "Type", map = {{ Renewal = "renewal" }} }}]
[colours]
pacing = "linear"
"""

STAGES = (
    ("Prospecting", "1", "false", "false", "Pipeline"),
    ("Qualification", "2", "false", "false", "Pipeline"),
    ("Proposal", "3", "false", "false", "BestCase"),
    ("Negotiation", "4", "false", "false", "Forecast"),
    ("Closed Won", "5", "true", "true", "Closed"),
    ("Closed Lost", "6", "true", "false", "Omitted"),
)


@dataclass(frozen=True)
class Step:
    """What a deal was from a moment on. A date alone means eight in the evening UTC, noon in California."""

    at: str
    stage: str
    close: str
    amount: str
    category: str = ""

    @property
    def moment(self) -> str:
        return self.at if "T" in self.at else f"{self.at}T20:00:00.000+0000"


@dataclass(frozen=True)
class Story:
    """A deal's steps, the first at its creation, and what an export holds beside them."""

    region: str
    steps: tuple[Step, ...]
    currency: str = "USD"
    acv: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    """Total price and family."""
    account: str = ""
    owner: str = "u1"
    type: str = ""
    deleted: str = ""
    splits: tuple[tuple[str, str], ...] = ()
    """Owner and percentage."""

    def opportunity(self, opportunity_id: str) -> Cells:
        last = self.steps[-1]
        return {
            "Id": opportunity_id,
            "Name": f"Deal {opportunity_id}",
            "StageName": last.stage,
            "ForecastCategory": last.category,
            "Amount": last.amount,
            "CloseDate": last.close,
            "CreatedDate": self.steps[0].moment,
            "LastModifiedDate": self.deleted or last.moment,
            "IsDeleted": "true" if self.deleted else "false",
            "OwnerId": self.owner,
            "AccountId": self.account,
            "CurrencyIsoCode": self.currency,
            "Type": self.type,
            "ACV__c": self.acv,
            "Region__c": self.region,
        }

    def history(self, opportunity_id: str) -> list[Cells]:
        return [
            {
                "OpportunityId": opportunity_id,
                "CreatedDate": step.moment,
                "StageName": step.stage,
                "Amount": step.amount,
                "CloseDate": step.close,
                "ForecastCategory": step.category,
            }
            for step in self.steps
        ]


@dataclass(frozen=True)
class Company:
    """Everything that one export holds."""

    stories: Mapping[str, Story]
    accounts: tuple[tuple[str, str, str], ...] = ()
    """Id, employees, the account it was merged into."""
    targets: tuple[tuple[str, str, str, str, str], ...] = ()
    """Dimension, value, metric, amount and currency, all of FY27 Q1."""
    has_history: bool = True

    def exports(self) -> dict[str, list[Cells]]:
        stories = self.stories.items()
        tables: dict[str, list[Cells]] = {
            "Opportunity": [story.opportunity(name) for name, story in stories],
            "OpportunityStage": [
                dict(
                    zip(("ApiName", "SortOrder", "IsClosed", "IsWon", "ForecastCategory"), stage, strict=True)
                )
                for stage in STAGES
            ],
            "OpportunityHistory": [row for name, story in stories for row in story.history(name)],
            "OpportunityLineItem": [
                {"OpportunityId": name, "TotalPrice": price, "Product2.Family": family}
                for name, story in stories
                for price, family in story.lines
            ],
            "OpportunitySplit": [
                {
                    "OpportunityId": name,
                    "SplitOwnerId": owner,
                    "SplitPercentage": percentage,
                    "SplitType.IsTotalValidated": "true",
                }
                for name, story in stories
                for owner, percentage in story.splits
            ],
            "Account": [
                {"Id": account, "Name": account, "NumberOfEmployees": employees, "MasterRecordId": master}
                for account, employees, master in self.accounts
            ],
            "User": [
                {"Id": "u1", "Name": "Ana", "UserRoleId": "r1"},
                {"Id": "u2", "Name": "Bo", "UserRoleId": "r2"},
            ],
            "UserRole": [
                {"Id": "r1", "Name": "Europe", "ParentRoleId": ""},
                {"Id": "r2", "Name": "West", "ParentRoleId": ""},
            ],
            "DatedConversionRate": [
                {"IsoCode": "EUR", "ConversionRate": rate, "StartDate": start, "NextStartDate": end}
                for rate, start, end in (("0.8", "2026-01-01", "2026-04-01"), ("0.5", "2026-04-01", ""))
            ],
            "targets": [
                dict(
                    zip(("dimension", "value", "metric", "amount", "currency"), target, strict=True),
                    period="FY27 Q1",
                )
                for target in self.targets
            ],
        }
        if not self.has_history:
            del tables["OpportunityHistory"]
        return {name: rows for name, rows in tables.items() if rows}


def build(
    home: Path, company: Company, *, splits: str = "false", region: str = '{ field = "Region__c" }'
) -> Exported:
    """A company pulled once, on the evening of 17 March 2026."""
    exported = Exported(home, CONFIGURATION.format(splits=splits, region=region))
    exported.write(company.exports())
    exported.pull(PULLED_AT)
    return exported


WORKED = Company(
    stories={
        # Open and Commit, shared over two products. Its ACV counts, not its Amount.
        "01": Story(
            "EMEA",
            (
                Step("2026-01-10", "Prospecting", "2026-04-15", "5"),
                Step("2026-02-20", "Negotiation", "2026-04-15", "5"),
            ),
            acv="1000",
            lines=(("1", "Core"), ("2", "Cloud")),
        ),
        # Won early in the quarter.
        "02": Story(
            "AMER",
            (
                Step("2025-11-01", "Qualification", "2026-02-10", "500"),
                Step("2026-02-10", "Closed Won", "2026-02-10", "500"),
            ),
        ),
        # 800 EUR: worth 1,600 while it closed in April (rate 0.5), 1,000 since it closes in March (0.8).
        # Its close date has passed, but inside the quarter.
        "03": Story(
            "EMEA",
            (
                Step("2026-02-12", "Proposal", "2026-04-10", "800"),
                Step("2026-03-08", "Proposal", "2026-03-10", "800"),
            ),
            currency="EUR",
        ),
        # A currency without any rate.
        "04": Story("EMEA", (Step("2026-02-03", "Proposal", "2026-04-20", "7000"),), currency="GBP"),
        # Won in a region without a target.
        "05": Story(
            "APAC",
            (
                Step("2025-12-01", "Qualification", "2026-02-15", "70"),
                Step("2026-02-15", "Closed Won", "2026-02-15", "70"),
            ),
        ),
        # Overdue since the last quarter.
        "06": Story("AMER", (Step("2025-10-01", "Qualification", "2026-01-31", "40"),)),
        # Lost, and reopened.
        "07": Story(
            "EMEA",
            (
                Step("2025-12-01", "Qualification", "2026-04-30", "200"),
                Step("2026-02-05", "Closed Lost", "2026-04-30", "200"),
                Step("2026-03-10", "Qualification", "2026-04-30", "200"),
            ),
        ),
        # Created and won between the two dates of the waterfall.
        "08": Story(
            "AMER",
            (
                Step("2026-03-05", "Qualification", "2026-03-31", "150"),
                Step("2026-03-12", "Closed Won", "2026-03-12", "150"),
            ),
        ),
        # Deleted in the CRM.
        "09": Story(
            "EMEA",
            (Step("2026-02-03", "Qualification", "2026-04-10", "300"),),
            deleted="2026-03-10T20:00:00.000+0000",
        ),
        # Open and, since 5 March, omitted.
        "10": Story(
            "EMEA",
            (
                Step("2026-02-10", "Qualification", "2026-04-10", "999"),
                Step("2026-03-05", "Qualification", "2026-04-10", "999", "Omitted"),
            ),
        ),
        # Without a close date.
        "11": Story("EMEA", (Step("2026-02-25", "Qualification", "", "60"),)),
        # Pushed into the next quarter.
        "12": Story(
            "AMER",
            (
                Step("2025-12-15", "Qualification", "2026-04-20", "400"),
                Step("2026-03-15", "Qualification", "2026-05-20", "400"),
            ),
        ),
        # Qualified on 1 February in London, but on the last evening of January in California.
        "13": Story(
            "AMER",
            (
                Step("2026-02-01T05:00:00Z", "Qualification", "2026-04-01", "100"),
                Step("2026-03-09", "Qualification", "2026-04-01", "90"),
            ),
        ),
        # Last year: open at 250 in March, pushed out in April, won at 275 in July.
        "14": Story(
            "EMEA",
            (
                Step("2025-02-20", "Qualification", "2025-04-10", "250"),
                Step("2025-04-05", "Qualification", "2025-07-10", "275"),
                Step("2025-07-01", "Closed Won", "2025-07-01", "275"),
            ),
        ),
        # Last year: open at 80 in March, won at 100 in April.
        "15": Story(
            "AMER",
            (
                Step("2025-02-10", "Proposal", "2025-04-25", "80"),
                Step("2025-04-20", "Closed Won", "2025-04-20", "100"),
            ),
        ),
        # An ACV of 0 is a value; the Amount beside it does not count.
        "16": Story("EMEA", (Step("2025-12-20", "Qualification", "2026-04-01", "999"),), acv="0"),
        # Lost between the two dates.
        "17": Story(
            "AMER",
            (
                Step("2025-12-20", "Qualification", "2026-04-01", "120"),
                Step("2026-03-09", "Closed Lost", "2026-03-09", "120"),
            ),
        ),
        # Grew from 30 to 50 and was won.
        "18": Story(
            "EMEA",
            (
                Step("2025-12-20", "Proposal", "2026-04-01", "30"),
                Step("2026-03-14", "Closed Won", "2026-03-14", "50"),
            ),
        ),
        # Pulled in from the next quarter; pushed in from the last one; pulled out into it.
        "19": Story(
            "AMER",
            (
                Step("2025-12-20", "Qualification", "2026-06-01", "35"),
                Step("2026-03-11", "Qualification", "2026-04-29", "35"),
            ),
        ),
        "20": Story(
            "AMER",
            (
                Step("2025-12-20", "Qualification", "2026-01-20", "45"),
                Step("2026-03-11", "Qualification", "2026-04-25", "45"),
            ),
        ),
        "21": Story(
            "AMER",
            (
                Step("2025-12-20", "Qualification", "2026-04-02", "25"),
                Step("2026-03-11", "Qualification", "2026-01-30", "25"),
            ),
        ),
        # Renewals, which stay out of all of this: one won, one overdue since January.
        "23": Story("EMEA", (Step("2025-12-20", "Negotiation", "2026-01-15", "600"),), type="Renewal"),
        "22": Story(
            "EMEA",
            (
                Step("2025-12-20", "Negotiation", "2026-02-20", "5000"),
                Step("2026-02-20", "Closed Won", "2026-02-20", "5000"),
            ),
            type="Renewal",
        ),
    },
    # 800 EUR at the rate of 1 February, 0.8, are 1,000 USD. APAC has no target.
    targets=(
        ("region", "EMEA", "closed_won", "3000", "USD"),
        ("region", "AMER", "closed_won", "800", "EUR"),
        ("deal_type", "renewal", "closed_won", "4000", "USD"),
    ),
)
