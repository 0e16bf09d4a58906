"""All built-in rules by name, in the order of DOMAIN section 8."""

from collections.abc import Mapping

from pipeline.hygiene.close_date_rules import CLOSE_DATE_RULES
from pipeline.hygiene.content_rules import CONTENT_RULES
from pipeline.hygiene.movement_rules import MOVEMENT_RULES
from pipeline.hygiene.record_rules import RECORD_RULES
from pipeline.hygiene.rule import Rule

RULES: Mapping[str, Rule] = {
    rule.name: rule for rule in (*CLOSE_DATE_RULES, *MOVEMENT_RULES, *CONTENT_RULES, *RECORD_RULES)
}
