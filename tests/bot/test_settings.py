"""What a configuration file, secret files and the environment come to."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.settings import CrmDefinition, Settings, field_kinds, load_settings
from crm.files.definition import Join
from crm.records import FieldKind
from pipeline.findings import Severity
from pipeline.matrix import Metric
from tests.bot.settings_files import CONTRACT, refusals, written


def test_every_key_of_the_contract_loads_as_it_is_written() -> None:
    settings = load_settings(CONTRACT, {})

    assert settings.crm.kind == "files"
    assert settings.crm.files.folder == "exports"
    assert settings.storage.url.get_secret_value() == "sqlite:///council.db"
    assert settings.calendar.timezone == "America/Los_Angeles"
    assert settings.calendar.start_month == 2
    assert settings.calendar.name_by == "ending_year"
    assert settings.calendar.yoy_alignment == "day_of_quarter"
    assert settings.metrics.value_field == "ACV__c"
    assert settings.metrics.qualified_stage == "Qualification"
    assert settings.metrics.pipe_gen_basis == "qualified_date"
    assert settings.metrics.coverage_denominator == "remaining"
    assert settings.metrics.splits is False
    assert settings.money.corporate_currency == "USD"
    assert settings.money.rate_mode == "dated_by_close_date"
    assert [resolver.field for resolver in settings.dimensions.region] == [
        "Region__c",
        "Account.BillingCountry",
    ]
    assert settings.dimensions.region[1].map == {"Germany": "EMEA"}
    assert settings.dimensions.segment[0].bands == {
        "SMB": (Decimal(0), Decimal(199)),
        "MM": (Decimal(200), Decimal(1999)),
        "ENT": (Decimal(2000),),
    }
    assert settings.colours.pacing == "linear"
    assert settings.colours.early_guard_cells == (Metric.CLOSED_WON, Metric.FORECAST, Metric.PIPE_GEN)
    assert settings.colours.bands.closed_won.yellow == Decimal("0.9")
    assert settings.colours.pace_curve["segment.ENT"] == (
        (Decimal(0), Decimal(0)),
        (Decimal("0.33"), Decimal("0.15")),
        (Decimal(1), Decimal("1.0")),
    )
    assert settings.colours.forecast_curve["*"] == ((Decimal(0), Decimal("1.0")),)
    assert settings.colours.required_coverage["*"] == (
        (Decimal(0), Decimal("3.0")),
        (Decimal(1), Decimal("1.0")),
    )
    assert settings.people.council == ("005000000000001AAA",)
    assert settings.people.operations == ("ops@example.com",)
    assert settings.people.administrators == ("admin@example.com",)
    assert settings.council.channels == ("#pipeline-council",)
    assert settings.council.deals_visible is False
    assert settings.council.confidential == "Confidential__c"
    assert settings.hygiene.stages.negotiation == "Negotiation"
    assert settings.hygiene.segments.enterprise == ("ENT",)
    assert settings.hygiene.qualification_fields == ("Metrics__c", "Economic_Buyer__c")
    assert settings.hygiene.rules.next_step_stale.nudge is True
    assert settings.hygiene.rules.next_step_stale.after_days == 14
    (custom,) = settings.hygiene.custom
    assert custom.name == "enterprise_needs_mutual_plan"
    assert custom.when == "segment == 'ENT' and stage >= 'Proposal' and Mutual_Plan__c is None"
    assert custom.severity is Severity.MEDIUM
    assert custom.says == "Add the mutual action plan"
    assert custom.fixes == ("Mutual_Plan__c",)


def test_the_contract_names_these_further_fields() -> None:
    kinds = field_kinds(load_settings(CONTRACT, {}))
    expected = {
        "ACV__c": FieldKind.NUMBER,
        "Region__c": FieldKind.TEXT,
        "Account.BillingCountry": FieldKind.TEXT,
        "Account.NumberOfEmployees": FieldKind.NUMBER,
        "LeadSource": FieldKind.TEXT,
        "Confidential__c": FieldKind.FLAG,
        "Metrics__c": FieldKind.TEXT,
        "Economic_Buyer__c": FieldKind.TEXT,
        "Mutual_Plan__c": FieldKind.TEXT,
    }
    assert {name: kinds[name] for name in expected} == expected
    assert set(kinds) - set(expected) == {"MainCompetitors__c", "Loss_Reason__c"}


def test_other_exports_are_mapped_by_table_column_value_and_join(tmp_path: Path) -> None:
    files = load_settings(
        written(
            tmp_path,
            """
            [crm.files.tables]
            Opportunity = "sales.csv"
            [crm.files.columns.Opportunity]
            StageName = "deal_stage"
            [crm.files.values.Opportunity.StageName]
            Won = "Closed Won"
            [crm.files.joins.Opportunity]
            Account = { column = "account", key = "Name" }
            Owner = { column = "sales_agent" }
            [[crm.files.stages]]
            name = "Engaging"
            [[crm.files.stages]]
            name = "Closed Won"
            won = true
            category = "Closed"
            """,
        ),
        {},
    ).crm.files
    assert files.tables == {"Opportunity": "sales.csv"}
    assert files.columns == {"Opportunity": {"StageName": "deal_stage"}}
    assert files.values == {"Opportunity": {"StageName": {"Won": "Closed Won"}}}
    assert files.joins["Opportunity"] == {
        "Account": Join(column="account", key="Name"),
        "Owner": Join(column="sales_agent", key="Name"),
    }
    assert [(stage.name, stage.won) for stage in files.stages] == [("Engaging", False), ("Closed Won", True)]


def test_an_empty_file_means_exports_and_a_database_beside_it(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, ""), {})
    assert settings.path(settings.crm.files.folder) == tmp_path / "exports"
    assert settings.database_url == f"sqlite:///{tmp_path}/council.db"
    assert settings.definitions.metrics.value_field == "Amount"


def test_the_default_file_is_council_toml_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "[calendar]\nstart_month = 5\n")
    monkeypatch.chdir(tmp_path)
    settings = load_settings(None, {})
    assert settings.calendar.start_month == 5
    assert settings.home == tmp_path


def test_settings_can_be_made_without_a_file(tmp_path: Path) -> None:
    settings = Settings(file=tmp_path / "council.toml", crm=CrmDefinition(kind="demo"))
    assert settings.crm.demo.seed == 1
    assert settings.home == tmp_path


def test_an_absolute_database_path_stays_where_it_is(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, '[storage]\nurl = "sqlite:////data/council.db"\n'), {})
    assert settings.database_url == "sqlite:////data/council.db"


def test_a_file_with_a_byte_order_mark_and_windows_lines_loads(tmp_path: Path) -> None:
    file = tmp_path / "council.toml"
    file.write_bytes(b"\xef\xbb\xbf[calendar]\r\nstart_month = 2\r\n")
    assert load_settings(file, {}).calendar.start_month == 2


def test_variables_replace_keys_of_the_file_by_their_types(tmp_path: Path) -> None:
    file = written(tmp_path, '[calendar]\nstart_month = 2\ntimezone = "UTC"\n[people]\noperations = ["a"]\n')
    settings = load_settings(
        file,
        {
            "COUNCIL_CALENDAR__START_MONTH": "4",
            "COUNCIL_COUNCIL__DEALS_VISIBLE": "true",
            "COUNCIL_METRICS__VALUE_FIELD": "2024",
            "COUNCIL_PEOPLE__COUNCIL": '["ana@example.com"]',
            "COUNCIL_COLOURS__BANDS": '{"forecast": {"green": 1.1, "yellow": 0.8}}',
            "COUNCIL_HYGIENE__RULES__NEXT_STEP_STALE__AFTER_DAYS": "10",
            "PATH": "/bin",
            "COUNCIL_PORT": "8080",
        },
    )
    assert settings.calendar.start_month == 4
    assert settings.calendar.timezone == "UTC"
    assert settings.council.deals_visible is True
    assert settings.metrics.value_field == "2024"
    assert settings.people.council == ("ana@example.com",)
    assert settings.people.operations == ("a",)
    assert settings.colours.bands.forecast.green == Decimal("1.1")
    assert settings.hygiene.rules.next_step_stale.after_days == 10


def test_a_variable_goes_before_a_secret_file_and_that_before_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "[calendar]\nstart_month = 2\n[crm.demo]\nseed = 2\n[hygiene]\n")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "council_calendar__start_month").write_text("3\n", encoding="utf-8")
    (secrets / "council_crm__demo__seed").write_text("3\n", encoding="utf-8")
    settings = load_settings(
        file, {"COUNCIL_SECRETS_DIR": str(secrets), "COUNCIL_CALENDAR__START_MONTH": "4"}
    )
    assert (settings.calendar.start_month, settings.crm.demo.seed) == (4, 3)


def test_a_password_reaches_the_url_and_nothing_that_is_shown(tmp_path: Path) -> None:
    file = written(tmp_path, '[storage]\nurl = "postgresql://bot@db/council"\n')
    settings = load_settings(file, {"COUNCIL_STORAGE__PASSWORD": "hun/ter@2"})
    assert settings.database_url == "postgresql://bot:hun%2Fter%402@db/council"
    assert "hun" not in repr(settings)
    assert "hun" not in str(settings.storage)
    assert "hun" not in settings.model_dump_json()


@pytest.mark.parametrize(
    "environ",
    [
        {"COUNCIL_STORAGE__URL": "mysql://bot:hunter2@db/council"},
        {"COUNCIL_STORAGE__URL": "postgresql://bot:hunter2@db"},
        {"COUNCIL_STORAGE__PASSWORD": "hunter2"},
        {"COUNCIL_STORAGE__PASSWORD": '{"a": "hunter2"}'},
        {"COUNCIL_STORAGE__PASSWRD": "hunter2"},
        {"COUNCIL_STORAGE": '{"passwort": "hunter2", "url": 3}'},
        {"COUNCIL_STORAGE": '"hunter2"'},
    ],
)
def test_a_password_is_in_no_mistake(tmp_path: Path, environ: dict[str, str]) -> None:
    found = refusals(written(tmp_path, ""), environ)
    assert found
    assert "hunter2" not in "\n".join(found)


def test_passwords_in_the_file_are_refused(tmp_path: Path) -> None:
    text = '[storage]\nurl = "postgresql://bot:hunter2@db/council"\npassword = "hunter2"\n'
    elsewhere = "keep passwords out of this file: set COUNCIL_STORAGE__PASSWORD or a secret file"
    found = refusals(written(tmp_path, text))
    assert found[:2] == [
        f"council.toml: storage.password: {elsewhere}",
        f"council.toml: storage.url: {elsewhere}",
    ]
    assert "hunter2" not in "\n".join(found)
