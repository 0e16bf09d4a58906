"""The section `[crm.files]`: where the exports are and what their tables, columns and values are called."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from crm.files.schema import TABLES
from pipeline.definitions import Definition
from pipeline.nearest import did_you_mean
from pipeline.records import CATEGORY_NAMES


def _known_table(table: str) -> str:
    if table not in TABLES:
        suggestion = did_you_mean(table, TABLES) or f"; expected one of {', '.join(TABLES)}"
        raise ValueError(f"there is no such table{suggestion}")
    return table


TableName = Annotated[str, AfterValidator(_known_table)]
"""Ours, as Salesforce calls the object; `targets`, `spend` and `calls` beside them."""


class Join(Definition):
    """How a row finds the row of a related table that it names by something else than its id."""

    column: str = Field(description="Column of this table that names the related row.")
    key: str = Field("Name", description="Field of the related table (our name) in which that name stands.")


class StageDefinition(Definition):
    """One stage of the sales process, for exports without OpportunityStage.csv."""

    name: str = Field(description="The stage as `StageName` has it, after `values` were applied.")
    closed: bool = Field(False, description="Deals in this stage are closed.")
    won: bool = Field(False, description="Deals in this stage are won, which makes them closed too.")
    category: str | None = Field(
        None,
        description="Forecast category of its deals: Omitted, Pipeline, Best Case, Most Likely, Commit or "
        "Closed; default: Pipeline for open stages, Closed for won ones, Omitted for lost ones.",
    )

    @field_validator("category")
    @classmethod
    def _known_category(cls, category: str | None) -> str | None:
        if category is not None and category.replace(" ", "").lower() not in CATEGORY_NAMES:
            labels = ("Omitted", "Pipeline", "Best Case", "Most Likely", "Commit", "Closed")
            raise ValueError(f"expected one of {', '.join(labels)}{did_you_mean(category, labels)}")
        return category


class FilesDefinition(Definition):
    """A folder of CSV files as the CRM. Ours stands on the left, except in `values`."""

    folder: str = Field("exports", description="Folder of the exports.")
    complete: bool = Field(
        False, description="Every export holds every opportunity, so one that is absent was deleted."
    )
    tables: Mapping[TableName, str] = Field({}, description='Our table = file: Opportunity = "sales.csv".')
    columns: Mapping[TableName, Mapping[str, str]] = Field(
        {}, description='By table, our field = column: columns.Opportunity.StageName = "deal_stage".'
    )
    values: Mapping[TableName, Mapping[str, Mapping[str, str]]] = Field(
        {},
        description="By table and our field, their value = ours: "
        'values.Opportunity.StageName.Won = "Closed Won".',
    )
    joins: Mapping[TableName, Mapping[str, Join]] = Field(
        {},
        description="By table and relation, how a related row is found: "
        'joins.Opportunity.Account = { column = "account", key = "Name" }.',
    )
    stages: tuple[StageDefinition, ...] = Field(
        (), description="The stages in their order, where there is no OpportunityStage.csv."
    )
    fixes: str = Field(
        "fixes.csv", description="File, in the folder, to which fixes that people make in chat are added."
    )

    @field_validator("joins")
    @classmethod
    def _known_relations(cls, joins: Mapping[str, Mapping[str, Join]]) -> Mapping[str, Mapping[str, Join]]:
        for table, by_relation in joins.items():
            relations = TABLES[table].relations
            for relation in by_relation:
                if relation not in relations:
                    suggestion = did_you_mean(relation, relations) or (
                        f"; expected one of {', '.join(relations)}" if relations else ""
                    )
                    raise ValueError(f"{table} has no relation {relation} to join{suggestion}")
        return joins

    @model_validator(mode="after")
    def _stages_once(self) -> Self:
        names = [stage.name for stage in self.stages]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"stage {name} stands twice in stages")
        return self
