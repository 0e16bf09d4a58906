"""The parts of docs/configuration.md that no model holds: how it is read, an example, the grammar."""

INTRODUCTION = """\
# Configuration

The configuration is one TOML file: `council.toml` in the current folder, or the file named with
`--config` before the command. Every key has a default; an empty file reads Salesforce exports from
`exports/`. Relative paths start at the configuration file.

**Environment.** A variable replaces a key: `COUNCIL_STORAGE__URL` is `url` in `[storage]`,
`COUNCIL_CALENDAR__START_MONTH=2` is `start_month` in `[calendar]`. Lists and tables are written as JSON:
`COUNCIL_PEOPLE__COUNCIL='["ana@example.com"]'`. Names that hold capital letters (of tables, columns,
rows) can only be set inside such JSON.

**Secret files.** `COUNCIL_SECRETS_DIR` names a folder of files that are called like the variables in
small letters (`council_storage__password`) and hold the value. A variable goes before a secret file, and
that before the configuration file. Passwords are refused in the configuration file.

**Mistakes.** Unknown keys, wrong types, dates, time zones and expressions are refused together, each
with file, key, value and the nearest right name. What only the CRM can tell (names of stages and fields)
is refused in the same way at the first command that reads it. A field that only a hygiene rule needs and
that the CRM does not have switches that rule off, with a notice.

This page is written by `bot/settings_docs.py` from the settings model.
"""

EXAMPLE = """\
[crm]
kind = "files"

[crm.files]
folder = "exports"                 # relative to the configuration file

[crm.hubspot]                      # with kind = "hubspot"; the token stays outside this file
pipelines = ["Sales", "Renewals"]
managers = { "ana@example.com" = "mona@example.com" }
required."Contract Sent" = ["amount", "hs_next_step"]

[crm.salesforce]                   # with kind = "salesforce"; secrets stay outside this file
host = "acme.my.salesforce.com"
client_id = "3MVG9..."

[storage]
url = "sqlite:///council.db"

[calendar]
timezone = "America/Los_Angeles"
start_month = 2
name_by = "ending_year"            # or "starting_year"; periods = "Period.csv" for custom years
yoy_alignment = "day_of_quarter"   # "days_to_quarter_end" | "calendar_date"

[metrics]
value_field = "ACV__c"
qualified_stage = "Qualification"
pipe_gen_basis = "qualified_date"  # "created_date"
coverage_denominator = "remaining" # "target"
splits = false

[money]
corporate_currency = "USD"
rate_mode = "dated_by_close_date"  # "static" | "dated_by_as_of"

[dimensions]
region  = [{ field = "Region__c" }, { field = "Account.BillingCountry", map = { Germany = "EMEA" } }]
segment = [
    { field = "Account.NumberOfEmployees", bands = { SMB = [0, 199], MM = [200, 1999], ENT = [2000] } },
]
source  = [{ field = "LeadSource" }]

[colours]
pacing = "linear"                  # "seasonal"
early_guard_days = 21
early_guard_cells = ["closed_won", "forecast", "pipe_gen"]
bands.closed_won = { green = 1.0, yellow = 0.9 }   # likewise forecast, pipe_gen, coverage, open_pipeline
pace_curve."segment.ENT" = [[0, 0], [0.33, 0.15], [1, 1.0]]     # knots (share of quarter, value); "*" for all
forecast_curve."*" = 1.0                                       # or one number
required_coverage."*" = [[0, 3.0], [1, 1.0]]

[people]
council = ["005000000000001AAA"]   # CRM user ids or e-mails
functions = { sales = ["ana@example.com"], marketing = ["li@example.com"] }
operations = ["ops@example.com"]
administrators = ["admin@example.com"]
countries = { "ana@example.com" = "DE" }   # whose public holidays hold for somebody
country_field = "Owner.CountryCode"        # of the CRM user; else by time zone, see [nudges]

[council]
weekday = "monday"                 # where nobody works on it: the next working day
channels = ["#pipeline-council"]
deals_visible = false
confidential = "Confidential__c"

[chat]
surface = "preview"                # the local room; or "slack", or "teams"
operations_channel = "#sales-ops"
administrators_channel = "#council-admins"

[slack]                            # its tokens stand in the environment: COUNCIL_SLACK__BOT_TOKEN
way_in = "socket"                  # "http": posts to a public address that leads to host and port
command_names = { apm = "pipeline-apm" }           # where another app has a command of that name
unfurl_domains = ["example.lightning.force.com"]   # beside a deal's address stands what the deal lacks

[teams]                            # its secret stands in the environment: COUNCIL_TEAMS__CLIENT_SECRET
app_id = "11111111-2222-3333-4444-555555555555"    # Application (client) ID of the app registration
tenant = "66666666-7777-8888-9999-000000000000"    # Directory (tenant) ID
channels = { "#pipeline-council" = "19:0123456789abcdef@thread.tacv2" }   # where a name alone is not enough

[hygiene]
stages = { proposal = "Proposal", negotiation = "Negotiation" }
segments = { small = ["SMB"], mid = ["MM"], enterprise = ["ENT"] }
qualification_fields = ["Metrics__c", "Economic_Buyer__c"]

[hygiene.rules.next_step_stale]
nudge = true
after_days = 14

[[hygiene.custom]]
name = "enterprise_needs_mutual_plan"
when = "segment == 'ENT' and stage >= 'Proposal' and Mutual_Plan__c is None"
severity = "medium"
says = "Add the mutual action plan"
fixes = ["Mutual_Plan__c"]

[nudges]
messages_per_week = 3
days = ["tue", "thu"]              # of the digest
at = "08:30"                       # in each person's own time zone
countries = { "Europe/Berlin" = "DE", "Asia/Kolkata" = "IN" }   # whose public holidays hold there
asks_per_finding = 2
escalation = { severity = "high", after_working_days = 5, above = 50_000 }

[actions]
remind_days_before = [2, 0]        # working days before the due date; 0 is that day
remind_days_after = [1, 5]         # working days after it, while it is not done; [] asks nothing more
measured_after_weeks = [2, 4]
announced = "thread"               # "channel"

[actions.types.spiff]
label = "SPIFF"
command = "spiff"                  # /spiff EMEA coverage "2x on Data Cloud" @ana by Friday cost 5000

[actions.types.webinar]
label = "Customer webinar"

[jobs]
pull = { every_minutes = 15 }      # or at = "06:00", days = ["mon", "thu"]: names of days, never numbers
council = { at = "09:00", timezone = "America/New_York" }
council_recap = { enabled = false }
retention = { keep_days = 365 }
"""

RULES_INTRODUCTION = """\
Each rule has a table of its own, `[hygiene.rules.NAME]`. A field or table that the CRM does not have
switches a rule off with a notice; it never counts as missing. A rule that only observes stays out of the
score.
"""

GRAMMAR = """\
An expression is a condition over one opportunity, written as in Python:

```
condition  = condition "and" condition | condition "or" condition | "not" condition | "(" condition ")"
           | operand ("==" | "!=" | "<" | "<=" | ">" | ">=") operand
           | operand ("in" | "not in") "[" constant, ... "]"
           | operand ("is None" | "is not None")
           | name                                     a flag, true
operand    = name | constant | operand ("+" | "-") operand | "(" operand ")"
name       = a name of the table below, or a field by API name: Mutual_Plan__c, Account.Industry
constant   = 'text' | 50000 | 0.25 | -3 | True | False | None | date(2026, 9, 30) | '2026-09-30'
```

`not` binds closest, then `and`, then `or`. `0 < value < 50000` means `0 < value and value < 50000`.

- **Kinds.** Text compares with text, a number with a number, a day with a day. Texts compare exactly,
  case included, and have no order. Stages order as the CRM orders them, so `stage >= 'Proposal'` is
  Proposal or later; categories order Omitted, Pipeline, Best Case, Most Likely, Commit, Closed. What a
  field of the CRM holds follows from its use: compared with a number it is a number, with a day or a
  text such as `'2026-09-30'` a day, with `True` or alone a flag, else a text.
- **Sums.** A day plus or minus a number is the day that many days later or earlier (decimals are cut
  off); the difference of two days is a number of days: `close_date < today - 14`, `today - created >
  30`.
- **Empty values.** A condition is true or false, never unknown. Empty equals only empty, so `x == 'a'`
  is false and `x != 'a'` is true where x is empty; `x not in ['a', 'b']` is true there too. Less and
  greater are false as soon as one side is empty, so `not close_date < today` is true of a deal without a
  close date: write `close_date is not None` where that is not meant. A sum with an empty part is empty.
  `''` is empty.
- **Bounds.** At most 2,000 characters, 300 parts and 20 levels; numbers below 100,000,000,000,000 with
  at most four decimals. Nothing can be called but `date`.
"""
