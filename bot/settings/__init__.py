"""One settings object: council.toml, over it secret files, over those the environment.

`load_settings` reads and checks what can be checked without the CRM and names every mistake at once;
`check_settings_against` adds what only the CRM's stages and fields can tell.
"""

from bot.settings.against_crm import check_settings_against
from bot.settings.fields import field_keys, field_kinds, mended_fields
from bot.settings.loading import DEFAULT_FILE, load_settings
from bot.settings.model import CrmDefinition, DemoDefinition, Sections, Settings, StorageDefinition
from bot.settings.proposal import Proposal, load_proposal

__all__ = [
    "DEFAULT_FILE",
    "CrmDefinition",
    "DemoDefinition",
    "Proposal",
    "Sections",
    "Settings",
    "StorageDefinition",
    "check_settings_against",
    "field_keys",
    "field_kinds",
    "load_proposal",
    "load_settings",
    "mended_fields",
]
