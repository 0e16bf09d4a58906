"""What the two ways to pull share: what is asked of the CRM, how far it is, and what has been seen."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crm.records import Batch, Crm, PullRequest
from pipeline.company import Company
from pipeline.crm_records import Capabilities, FieldKind, Outcome, Problem
from pipeline.errors import NothingUsable, PullRefused
from pipeline.pull_report import PullProblem
from storage.apm import definitions_hash
from storage.database import Engine
from storage.rebuilding import SCHEME
from storage.staging import Reference

LARGEST_DELETION = 0.2
"""What would delete more than this share of the deals is refused."""
SHOWN_A_KIND = 20
SHOWN_IN_ALL = 200


@dataclass(frozen=True)
class Progress:
    """How far a pull is."""

    step: str
    """`Reading Opportunity`, `Merging`, `Measuring`."""
    done: int
    total: int | None


Listener = Callable[[Progress], None]


@dataclass(frozen=True)
class Pulling:
    """One pull, whichever way it takes. Made and used under the pull's lock."""

    engine: Engine
    crm: Crm
    company: Company
    request: PullRequest
    capabilities: Capabilities
    progress: Listener

    @property
    def now(self) -> int:
        return self.request.now

    @property
    def reading_ground(self) -> str:
        """A digest of what is read and how, and of all that the configuration makes of it."""
        request, capabilities = self.request, self.capabilities
        return _digest(
            SCHEME,
            self.crm.name,
            definitions_hash(self.company),
            sorted(request.fields.items()),
            (request.corporate_currency, request.timezone, request.value_field),
            sorted(capabilities.tables),
            sorted(capabilities.opportunity_fields),
        )

    def mirror_ground(self, reference: Reference) -> str:
        """The same with the small tables on which every deal depends: a mark is void where it changes."""
        return _digest(
            self.reading_ground,
            *(sorted(table, key=repr) for table in (reference.stages, reference.roles, reference.periods)),
        )


def start_pulling(
    engine: Engine,
    crm: Crm,
    company: Company,
    fields: Mapping[str, FieldKind],
    moment: int,
    progress: Listener,
) -> Pulling:
    """Asks the CRM what it holds. Raises `CouncilError` where nothing can be read at all."""
    definitions = company.definitions
    request = PullRequest(
        fields=fields,
        corporate_currency=definitions.money.corporate_currency,
        now=moment,
        timezone=definitions.calendar.timezone,
        value_field=definitions.metrics.value_field,
    )
    return Pulling(engine, crm, company, request, crm.capabilities(), progress)


def _digest(*known: object) -> str:
    return hashlib.blake2b(repr(known).encode(), digest_size=16).hexdigest()


class _Listing:
    """Problems of one outcome: all are counted, the first of each kind are shown."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.shown: list[PullProblem] = []
        self._shown_by_kind: Counter[str] = Counter()

    def add(self, problem: Problem) -> None:
        self.counts[problem.kind] += problem.times
        if self._shown_by_kind[problem.kind] >= SHOWN_A_KIND or len(self.shown) >= SHOWN_IN_ALL:
            return
        self._shown_by_kind[problem.kind] += 1
        self.shown.append(
            PullProblem(
                problem.file,
                problem.line,
                problem.column,
                problem.value,
                problem.says,
                problem.kind,
                problem.times,
            )
        )


class Tally:
    """What a pull has seen so far."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.problems = _Listing()
        self.quirks = _Listing()
        self.kept = 0

    def count(self, batch: Batch, progress: Listener) -> None:
        if batch.records:
            name = object_name(type(batch.records[0]))
            self.taken[name] += len(batch.records)
            progress(Progress(f"Reading {name}", self.taken[name], batch.total))
        for problem in batch.problems:
            self._count_problem(problem)

    def require_something_usable(self, source: str) -> None:
        if self.taken["Opportunity"]:
            return
        reasons = "; ".join(
            f"{problem.file}{f' line {problem.line}' if problem.line else ''}: {problem.says}"
            for problem in self.problems.shown[:3]
        )
        raise NothingUsable(
            f"Not one opportunity of {source} could be used, so nothing was changed. "
            + (reasons or "The table of opportunities is empty.")
        )

    def _count_problem(self, problem: Problem) -> None:
        self.kept += problem.opportunity_id is not None
        listing = self.quirks if problem.outcome is Outcome.TAKEN_IN else self.problems
        listing.add(problem)


def object_name(kind: type) -> str:
    """The CRM's name of what a record stands for: `Opportunity`."""
    return kind.__name__.removesuffix("Record")


def check_deletion(absent: int, standing: int, advice: str) -> None:
    """Raises `PullRefused` where so many deals are gone that the CRM's answer looks cut off."""
    if absent > LARGEST_DELETION * standing:
        raise PullRefused(
            f"{absent:,} of {standing:,} opportunities are absent, which is more than "
            f"{LARGEST_DELETION:.0%}: "
            f"it looks cut off, so nothing was changed. {advice}"
        )
