"""Deal pipelines and their stages as one list of stages, in one order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crm.hubspot.definition import HubspotDefinition
from crm.hubspot.session import Session
from crm.records import StageRecord
from pipeline.errors import UnknownName
from pipeline.nearest import did_you_mean
from pipeline.records import Category


@dataclass(frozen=True)
class PipelineStage:
    """One stage of one pipeline."""

    id: str
    label: str
    is_closed: bool
    is_won: bool
    probability: Decimal


@dataclass(frozen=True)
class Pipeline:
    id: str
    label: str
    stages: tuple[PipelineStage, ...]
    """In the order of the board."""


class Pipelines:
    """The pipelines that count. Raises `UnknownName` where the configuration names one that is not there.

    Stages of several pipelines that are called alike and mean the same are one stage; one that is called
    alike and means something else has its pipeline's name behind it.
    """

    def __init__(self, pipelines: Sequence[Pipeline], definition: HubspotDefinition) -> None:
        chosen = _chosen(pipelines, definition.pipelines)
        self.is_chosen = bool(definition.pipelines)
        self.of_id: Mapping[str, Pipeline] = {one.id: one for one in chosen}
        self._name_of_stage = _names(chosen)
        self.records = tuple(self._records(chosen, definition))

    def name_of(self, stage_id: str | None) -> str | None:
        """What a stage is called here; `None` for one that is not there (any more)."""
        return self._name_of_stage.get(stage_id or "")

    def is_closed(self, stage_id: str | None) -> bool:
        return stage_id in self._closed

    def names_in(self, pipeline_id: str | None) -> tuple[str, ...]:
        """The stages of a deal's pipeline in its order; of an unknown pipeline those of all."""
        pipeline = self.of_id.get(pipeline_id or "")
        if pipeline is None:
            return tuple(record.name for record in self.records)
        return tuple(self._name_of_stage[stage.id] for stage in pipeline.stages)

    def stage_id(self, pipeline_id: str | None, name: str) -> str | None:
        """HubSpot's id of a stage of that pipeline."""
        pipeline = self.of_id.get(pipeline_id or "")
        stages = pipeline.stages if pipeline else ()
        return next((stage.id for stage in stages if self._name_of_stage[stage.id] == name), None)

    def _records(self, chosen: Sequence[Pipeline], definition: HubspotDefinition) -> Iterator[StageRecord]:
        self._closed = frozenset(stage.id for one in chosen for stage in one.stages if stage.is_closed)
        for order, stage in enumerate(_in_one_order(chosen, self._name_of_stage)):
            name = self._name_of_stage[stage.id]
            yield StageRecord(name, order, stage.is_closed, stage.is_won, _category(stage, definition))


def read_pipelines(session: Session, definition: HubspotDefinition) -> Pipelines:
    answer = session.get("/crm/v3/pipelines/deals")
    found = [_pipeline(entry) for entry in sorted(answer["results"], key=_place)]
    return Pipelines(found, definition)


def _pipeline(entry: Mapping[str, Any]) -> Pipeline:
    stages = tuple(_stage(stage) for stage in sorted(entry["stages"], key=_place))
    return Pipeline(str(entry["id"]), str(entry["label"]), stages)


def _stage(entry: Mapping[str, Any]) -> PipelineStage:
    metadata = entry.get("metadata") or {}
    probability = Decimal(str(metadata.get("probability") or 0))
    told = metadata.get("isClosed")
    is_closed = probability in (0, 1) if told is None else str(told).lower() == "true"
    return PipelineStage(
        str(entry["id"]), str(entry["label"]), is_closed, is_closed and probability == 1, probability
    )


def _place(entry: Mapping[str, Any]) -> tuple[int, str]:
    """HubSpot's own order; alike ones by label, as its board does."""
    return int(entry.get("displayOrder") or 0), str(entry["label"])


def _chosen(pipelines: Sequence[Pipeline], wanted: Iterable[str]) -> tuple[Pipeline, ...]:
    by_name = {**{one.label: one for one in pipelines}, **{one.id: one for one in pipelines}}
    names = tuple(wanted)
    for name in names:
        if name not in by_name:
            raise UnknownName(
                f"[crm.hubspot] pipelines: HubSpot has no deal pipeline {name}"
                f"{did_you_mean(name, by_name) or '; it has ' + ', '.join(one.label for one in pipelines)}."
            )
    return tuple(by_name[name] for name in dict.fromkeys(names)) if names else tuple(pipelines)


def _names(chosen: Sequence[Pipeline]) -> Mapping[str, str]:
    meaning: dict[str, tuple[bool, bool]] = {}
    names: dict[str, str] = {}
    for pipeline in chosen:
        for stage in pipeline.stages:
            own = (stage.is_closed, stage.is_won)
            is_alike = meaning.setdefault(stage.label, own) == own
            names[stage.id] = stage.label if is_alike else f"{stage.label} ({pipeline.label})"
    return names


def _in_one_order(chosen: Sequence[Pipeline], names: Mapping[str, str]) -> Sequence[PipelineStage]:
    """Each pipeline in its own order; where a further one has stages of its own, by their probability.

    Closed stages come last, so that "at or past the qualified stage" holds in every pipeline.
    """
    merged: list[PipelineStage] = []
    for pipeline in chosen:
        at = 0
        for stage in pipeline.stages:
            placed = [names[one.id] for one in merged]
            if names[stage.id] in placed:
                at = max(at, placed.index(names[stage.id]) + 1)
                continue
            while at < len(merged) and merged[at].probability <= stage.probability:
                at += 1
            merged.insert(at, stage)
            at += 1
    return sorted(merged, key=lambda stage: (stage.is_closed, stage.is_closed and not stage.is_won))


def _category(stage: PipelineStage, definition: HubspotDefinition) -> Category:
    if stage.is_closed:
        return Category.CLOSED if stage.is_won else Category.OMITTED
    return definition.category_of_probability(stage.probability)
