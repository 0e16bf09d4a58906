# ruff: noqa: E501 - a mistake is a line
"""Every mistake of a configuration is named at once, in words that say what to write instead."""

from pathlib import Path

import pytest

from bot.settings import check_settings_against, load_settings
from pipeline.errors import ConfigurationError
from tests.bot.settings_files import CONTRACT, refusals, written

MANY = Path(__file__).parent / "many_mistakes.toml"

STAGES = ["Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost"]
FIELDS = {"ACV__c", "Region__c", "Account.BillingCountry", "Account.NumberOfEmployees", "LeadSource"}


def test_all_mistakes_of_a_bad_file_are_named_at_once() -> None:
    expected = MANY.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    assert refusals(MANY) == [f"many_mistakes.toml: {line}" for line in expected]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[crm\nkind = 1", "council.toml: line 1, column 5: this is not TOML: Expected ']' at the end of a table declaration"),
        (b"[crm]\nkind = files\n", "council.toml: line 2, column 8: this is not TOML: Invalid value"),
        (b"[crm]\n[crm]\n", "council.toml: line 2, column 5: this is not TOML: Cannot declare ('crm',) twice"),
        (b"a = '\xff'", "council.toml: expected text in UTF-8"),
        (b"a = " + b"[" * 100_000, "council.toml: it is nested too deeply"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_toml_is_named_with_line_and_column(
    tmp_path: Path, content: bytes, says: str
) -> None:
    file = tmp_path / "council.toml"
    file.write_bytes(content)
    assert refusals(file) == [says]


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    assert refusals(tmp_path / "council.toml") == [
        "council.toml: there is no such file; `council demo` shows a demo company without one, and docs/configuration.md has an example to start from"
    ]


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "council.toml").mkdir()
    assert refusals(tmp_path / "council.toml") == ["council.toml: it cannot be read: Is a directory"]


def test_mistaken_variables_are_named_as_variables(tmp_path: Path) -> None:
    found = refusals(
        written(tmp_path, '[calendar]\nname_by = "year"\n'),
        {
            "COUNCIL_STORGE__URL": "x",
            "COUNCIL_CALENDAR__START_MONTH": "May",
            "COUNCIL_COUNCIL__DEALS_VISIBLE": "perhaps",
            "COUNCIL_PEOPLE__COUNCIL": "ana@example.com",
            "COUNCIL_METRICS__SPLIT": "true",
            "COUNCIL_SECRETS_DIR": "/no/such/folder",
        },
    )
    assert sorted(found) == [
        "council.toml: calendar.name_by = \"year\": expected one of ending_year, starting_year",
        'environment: COUNCIL_CALENDAR__START_MONTH = "May": expected a whole number, without quotes',
        'environment: COUNCIL_COUNCIL__DEALS_VISIBLE = "perhaps": expected true or false, without quotes',
        'environment: COUNCIL_METRICS__SPLIT = "true": there is no such key; did you mean splits?',
        'environment: COUNCIL_PEOPLE__COUNCIL = "ana@example.com": expected a list in square brackets',
        'environment: COUNCIL_SECRETS_DIR = /no/such/folder: expected a folder of secret files',
        "environment: COUNCIL_STORGE__URL: there is no section STORGE; did you mean STORAGE?",
    ]  # fmt: skip


def test_expressions_and_the_kinds_of_fields_are_checked_together(tmp_path: Path) -> None:
    text = """
        [metrics]
        value_field = "Seats__c"
        [dimensions]
        region = [{ field = "Seats__c" }]
        [council]
        confidential = "Plan__c and region > 'A'"
        [[hygiene.custom]]
        name = "one"
        when = "Plan__c == 'Gold'"
        says = "x"
        [[hygiene.custom]]
        name = "two"
        when = "Seats__c > 5 and Seats__c == 'many'"
        says = "x"
        """
    assert refusals(written(tmp_path, text)) == [
        'council.toml: dimensions.region[0].field = "Seats__c": Seats__c is read as a number for metrics.value_field, so not as a text here',
        "council.toml: council.confidential = \"Plan__c and region > 'A'\": at character 13: a text has no order; compare it with == or !=",
        "council.toml: hygiene.custom[0].when = \"Plan__c == 'Gold'\": at character 12: Plan__c is a flag: expected a flag, not 'Gold'",
        "council.toml: hygiene.custom[1].when = \"Seats__c > 5 and Seats__c == 'many'\": at character 18: Seats__c is used as a number and as a text",
    ]


def test_the_contract_fits_a_crm_that_has_its_stages_and_fields() -> None:
    assert check_settings_against(load_settings(CONTRACT, {}), STAGES, FIELDS) == []


def test_what_only_the_crm_can_tell_is_named_together(tmp_path: Path) -> None:
    settings = load_settings(
        written(
            tmp_path,
            """
            [metrics]
            value_field = "ACV_c"
            qualified_stage = "qualification"
            assumed_open_stage = "Prospectng"
            [dimensions]
            region = [{ field = "Regoin__c" }]
            segment = [{ field = "Size__c" }]
            [council]
            confidential = "Confidental__c"
            [hygiene]
            stages = { proposal = "Propsal" }
            qualification_fields = ["Metrics__c", "Lead_Source"]
            [hygiene.rules.too_old.exempt]
            stages = ["Negotiating"]
            [[hygiene.custom]]
            name = "plan"
            when = "stage >= 'Propsal' and sgment == 'ENT'"
            says = "x"
            fixes = ["ACVs__c"]
            """,
        ),
        {},
    )
    found = [
        str(mistake).replace(f"{tmp_path}/council.toml: ", "")
        for mistake in check_settings_against(settings, STAGES, FIELDS | {"Confidential__c"})
    ]
    no_field = "the CRM's opportunities have no such field"
    assert found == [
        'metrics.qualified_stage = "qualification": the CRM has no such stage; did you mean Qualification?',
        'metrics.assumed_open_stage = "Prospectng": the CRM has no such stage; did you mean Prospecting?',
        'hygiene.stages.proposal = "Propsal": the CRM has no such stage; did you mean Proposal?',
        'hygiene.rules.too_old.exempt.stages[0] = "Negotiating": the CRM has no such stage; did you mean Negotiation?',
        "hygiene.custom[0].when = \"stage >= 'Propsal' and sgment == 'ENT'\": at character 10: the CRM has no stage 'Propsal'; did you mean Proposal?",
        f'metrics.value_field = "ACV_c": {no_field}; did you mean ACV__c?',
        f'dimensions.region[0].field = "Regoin__c": {no_field}; did you mean Region__c?',
        f'dimensions.segment[0].field = "Size__c": {no_field}',
        f'hygiene.qualification_fields[1] = "Lead_Source": {no_field}; did you mean LeadSource?',
        f'hygiene.custom[0].fixes[0] = "ACVs__c": {no_field}; did you mean ACV__c?',
        'council.confidential = "Confidental__c": nothing is called Confidental__c; did you mean Confidential__c?',
        "hygiene.custom[0].when = \"stage >= 'Propsal' and sgment == 'ENT'\": nothing is called sgment; did you mean segment?",
    ]


def test_an_absent_field_of_a_rule_is_no_mistake(tmp_path: Path) -> None:
    text = """
        [hygiene]
        qualification_fields = ["Metrics__c"]
        [[hygiene.custom]]
        name = "plan"
        when = "Mutual_Plan__c is None"
        says = "x"
        fixes = ["Mutual_Plan__c"]
        """
    settings = load_settings(written(tmp_path, text), {})
    assert check_settings_against(settings, STAGES, {"Amount"}) == []


def test_stages_that_rules_mean_by_default_need_not_be_there(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, '[metrics]\nqualified_stage = "Engaging"\n'), {})
    assert check_settings_against(settings, ["Prospecting", "Engaging", "Won", "Lost"], None) == []


def test_a_mistake_is_an_error_of_the_product(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(written(tmp_path, "colour = 1\nmony = 2\n"), {})
    assert [mistake.key for mistake in caught.value.mistakes] == ["colour", "mony"]
    assert str(caught.value).count("\n") == 1
