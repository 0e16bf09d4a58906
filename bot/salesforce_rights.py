"""The rights that a configuration needs in Salesforce."""

from collections.abc import Callable

from bot.settings import Settings, field_keys, mended_fields
from crm.salesforce.describing import ObjectDescription
from crm.salesforce.errors import SalesforceError
from crm.salesforce.organisation import organisation_of
from crm.salesforce.permission_set import Rights, rights_for

Describe = Callable[[str], ObjectDescription | None]


def rights_of(settings: Settings) -> tuple[Rights, tuple[str, ...]]:
    """The rights, and what stays open, for people.

    Where our user can sign in already, Salesforce itself says which fields a permission set may not name.
    """
    describe, notes = _describing(settings)
    written = () if settings.crm.salesforce.writes == "as_person" else _written(settings, describe)
    rights = rights_for(field_keys(settings), written, describe)
    left_out = (
        f"{path} is left out: our user does not see where it leads. Give it Read there by hand."
        for path in rights.unclear
    )
    return rights, (*notes, *left_out)


def _written(settings: Settings, describe: Describe) -> frozenset[str]:
    """Without the fields that our defaults name and the organisation may not have: a permission set that
    names one is refused as a whole."""
    described = describe("Opportunity")
    seen = frozenset[str]() if described is None else frozenset(described.fields)
    named = field_keys(settings)
    return frozenset(
        name for name in mended_fields(settings) if name in named or name in seen or not name.endswith("__c")
    )


def _describing(settings: Settings) -> tuple[Describe, tuple[str, ...]]:
    definition = settings.crm.salesforce
    if definition.missing():
        return _nothing_is_known, ()
    descriptions = organisation_of(definition, settings.home).descriptions
    try:
        descriptions.object("Opportunity")
    except SalesforceError as error:
        return _nothing_is_known, (f"Made without asking Salesforce. {error}",)
    return descriptions.object, ()


def _nothing_is_known(name: str) -> ObjectDescription | None:  # noqa: ARG001 - whatever it is
    return None
