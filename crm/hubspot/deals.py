"""Deals as opportunities, with all that hangs on them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.hubspot.associations import Link, batches_of, read_links, read_objects
from crm.hubspot.history import ONE_BY_ONE, TOGETHER, changes_of, history_of
from crm.hubspot.portal import COMPANIES, CONTACTS, LINE_ITEMS, Portal
from crm.hubspot.properties import MODIFIED, PIPELINE, PIPELINE_FIELD, PROPERTY_OF_FIELD
from crm.hubspot.values import HubspotValues, seconds
from crm.records import (
    AccountRecord,
    ContactRoleRecord,
    DealEvidence,
    FieldKind,
    FieldValue,
    LineItemRecord,
    OpportunityRecord,
    Problem,
    PullRequest,
)
from pipeline.crm_records import Outcome
from pipeline.deal_fields import CATEGORY_FIELD
from pipeline.money import parse_amount

Row = Mapping[str, Any]

_TABLE = "deals"
_WITH_HISTORY = 50
"""Deals that HubSpot tells the history of in one answer."""
_PRIMARY = "Primary"
_POSITION, _PRICE = "hs_position_on_quote", "amount"


class UnusableDeal(ValueError):
    """A deal that cannot be taken in, and why."""

    def __init__(self, name: str, value: str | None, says: str, kind: str) -> None:
        super().__init__(says)
        self.name = name
        self.value = value
        self.kind = kind


@dataclass
class Found:
    """What was read of some deals."""

    accounts: list[AccountRecord] = field(default_factory=list)
    deals: list[DealEvidence] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class DealReader:
    """Reads deals as one request wants them. Use it for one pull or one deal."""

    def __init__(self, portal: Portal, request: PullRequest, values: HubspotValues) -> None:
        self._portal = portal
        self._request = request
        self._values = values
        self._pipelines = portal.pipelines
        self._owner_of_user = portal.people.owner_of_user
        self._categories = portal.definition.category_of_value
        known = portal.deal_properties
        self._further = {name: kind for name, kind in request.fields.items() if name in known}
        self._accounts_seen: set[str] = set()

    def read(self, deal_ids: Sequence[str]) -> Found:
        """Deals that are gone meanwhile are left out; so are those of pipelines that do not count."""
        rows = [row for row in self._rows(deal_ids) if self._counts(row)]
        ids = [str(row["id"]) for row in rows]
        companies = self._links(ids, COMPANIES)
        contacts = self._links(ids, CONTACTS)
        lines = self._lines(self._links(ids, LINE_ITEMS))
        found = Found(accounts=list(self._accounts(companies)))
        for row in rows:
            deal_id = str(row["id"])
            try:
                found.deals.append(
                    DealEvidence(
                        opportunity=self.opportunity_of(
                            row, _main(companies.get(deal_id, ())), found.problems
                        ),
                        history=tuple(history_of(row, self._pipelines, self._categories, self._values)),
                        changes=tuple(self._changes(row)),
                        lines=tuple(lines.get(deal_id, ())),
                        contacts=tuple(_roles(deal_id, contacts.get(deal_id, ()))),
                    )
                )
            except UnusableDeal as error:
                found.problems.append(
                    Problem(_TABLE, None, error.name, error.value, str(error), error.kind, deal_id)
                )
        return found

    def opportunity_of(
        self, row: Row, account_id: str | None, problems: list[Problem] | None = None
    ) -> OpportunityRecord:
        """A deal's own properties. Raises `UnusableDeal`."""
        texts: Mapping[str, str | None] = row["properties"]
        stage_id = texts.get(PROPERTY_OF_FIELD["StageName"])
        stage = self._pipelines.name_of(stage_id)
        if stage is None:
            raise UnusableDeal("dealstage", stage_id, "there is no such stage; deal skipped", "unknown stage")
        creator = texts.get(PROPERTY_OF_FIELD["CreatedById"])

        def value(field: str, kind: FieldKind) -> Any:
            name = PROPERTY_OF_FIELD[field]
            try:
                return self._values.read(texts.get(name), kind)
            except ValueError as error:
                raise UnusableDeal(name, texts.get(name), f"{error}; deal skipped", "bad value") from None

        is_closed = self._pipelines.is_closed(stage_id)
        category = texts.get(PROPERTY_OF_FIELD[CATEGORY_FIELD])
        return OpportunityRecord(
            id=str(row["id"]),
            name=texts.get(PROPERTY_OF_FIELD["Name"]) or f"Deal {row['id']}",
            stage=stage,
            category=None if is_closed else self._categories.get(category or ""),
            amount=value("Amount", FieldKind.NUMBER),
            close_day=value("CloseDate", FieldKind.DAY),
            created_at=seconds(texts.get(PROPERTY_OF_FIELD["CreatedDate"])),
            modified_at=seconds(texts.get(MODIFIED)),
            owner_id=texts.get(PROPERTY_OF_FIELD["OwnerId"]) or None,
            creator_id=self._owner_of_user.get(creator or ""),
            account_id=account_id,
            currency=texts.get(PROPERTY_OF_FIELD["CurrencyIsoCode"]) or None,
            next_step=texts.get(PROPERTY_OF_FIELD["NextStep"]) or None,
            last_activity_day=value("LastActivityDate", FieldKind.DAY),
            is_deleted=bool(row.get("archived")),
            fields=dict(self._further_values(row, problems)),
        )

    def properties(self) -> Sequence[str]:
        """The names of all properties that are read."""
        return sorted({*PROPERTY_OF_FIELD.values(), PIPELINE, *self._further})

    def _rows(self, deal_ids: Sequence[str]) -> Iterator[Row]:
        tracked = [*TOGETHER, *(PROPERTY_OF_FIELD[field] for field in ONE_BY_ONE), *self._further]
        for ids in batches_of(deal_ids, _WITH_HISTORY):
            answer = self._portal.session.read(
                "/crm/v3/objects/deals/batch/read",
                {
                    "inputs": [{"id": one} for one in ids],
                    "properties": self.properties(),
                    "propertiesWithHistory": sorted(set(tracked)),
                },
            )
            yield from sorted(answer["results"], key=lambda row: int(row["id"]))

    def _counts(self, row: Row) -> bool:
        return not self._pipelines.is_chosen or row["properties"].get(PIPELINE) in self._pipelines.of_id

    def _further_values(self, row: Row, problems: list[Problem] | None) -> Iterator[tuple[str, FieldValue]]:
        texts: Mapping[str, str | None] = row["properties"]
        if PIPELINE_FIELD in self._request.fields:
            pipeline = self._pipelines.of_id.get(texts.get(PIPELINE) or "")
            yield PIPELINE_FIELD, None if pipeline is None else pipeline.label
        for name, kind in self._further.items():
            try:
                yield name, self._values.read(texts.get(name), kind)
            except ValueError as error:
                if name == self._request.value_field:
                    raise UnusableDeal(name, texts[name], f"{error}; deal skipped", "bad value") from None
                if problems is not None:
                    says = f"{error}; value left out"
                    problems.append(
                        Problem(_TABLE, None, name, texts[name], says, "bad value", outcome=Outcome.LEFT_OUT)
                    )

    def _changes(self, row: Row) -> Iterator[Any]:
        for name in ONE_BY_ONE:
            yield from changes_of(row, PROPERTY_OF_FIELD[name], name, FieldKind.TEXT, self._values)
        for name, kind in self._further.items():
            yield from changes_of(row, name, name, kind, self._values)

    def _links(self, deal_ids: Sequence[str], to: str) -> Mapping[str, Sequence[Link]]:
        return read_links(self._portal.session, deal_ids, to) if self._portal.may_read(to) else {}

    def _accounts(self, links: Mapping[str, Sequence[Link]]) -> Iterator[AccountRecord]:
        """Companies that no earlier deal has brought."""
        ids = {link.id for own in links.values() for link in own} - self._accounts_seen
        self._accounts_seen |= ids
        known = self._portal.company_properties
        wanted = {
            name: kind
            for path, kind in self._request.fields.items()
            if path.startswith("Account.") and (name := path.removeprefix("Account.")) in known
        }
        properties = ["name", *sorted(wanted)]
        for row in read_objects(self._portal.session, COMPANIES, sorted(ids, key=int), properties):
            texts = row["properties"]
            fields = {name: self._lenient(texts.get(name), kind) for name, kind in wanted.items()}
            yield AccountRecord(str(row["id"]), texts.get("name") or None, None, fields)

    def _lines(self, links: Mapping[str, Sequence[Link]]) -> Mapping[str, Sequence[LineItemRecord]]:
        """By deal, its line items in the order of the quote."""
        family = self._portal.definition.product_family
        ids = [link.id for own in links.values() for link in own]
        properties = sorted({family, _POSITION, _PRICE})
        rows = {
            str(row["id"]): row["properties"]
            for row in read_objects(self._portal.session, LINE_ITEMS, ids, properties)
        }
        lines: dict[str, Sequence[LineItemRecord]] = {}
        for deal_id, own in links.items():
            items = sorted((_line_place(rows[link.id], link.id), link.id) for link in own if link.id in rows)
            lines[deal_id] = [
                LineItemRecord(
                    deal_id,
                    order,
                    self._lenient_amount(rows[item_id].get(_PRICE)),
                    rows[item_id].get(family) or None,
                )
                for order, (_, item_id) in enumerate(items, start=1)
            ]
        return lines

    def _lenient(self, text: str | None, kind: FieldKind) -> FieldValue:
        try:
            return self._values.read(text, kind)
        except ValueError:
            return None

    def _lenient_amount(self, text: str | None) -> int | None:
        try:
            return parse_amount(text) if text else None
        except ValueError:
            return None


def _main(links: Sequence[Link]) -> str | None:
    """The primary company; without one the oldest."""
    if not links:
        return None
    return min(links, key=lambda link: (_PRIMARY not in link.labels, int(link.id))).id


def _roles(deal_id: str, links: Sequence[Link]) -> Iterator[ContactRoleRecord]:
    """A contact with several labels has several roles; one without any is there all the same."""
    for link in sorted(links, key=lambda one: int(one.id)):
        for label in link.labels or (None,):
            yield ContactRoleRecord(deal_id, link.id, label)


def _line_place(texts: Mapping[str, str | None], item_id: str) -> tuple[int, int]:
    position = texts.get(_POSITION) or ""
    return (int(position) if position.isdecimal() else 10**9), int(item_id)
