"""The company as the rules know it: everything of the configuration that figures and access need."""

from dataclasses import dataclass

from pipeline.definitions import CouncilDefinition, Definitions, PeopleDefinition
from pipeline.hygiene.definition import HygieneDefinition


@dataclass(frozen=True)
class Company:
    """What a company means by its figures, its hygiene and its roles."""

    definitions: Definitions
    hygiene: HygieneDefinition
    people: PeopleDefinition
    council: CouncilDefinition
