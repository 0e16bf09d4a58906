"""How far a pull has come that may break off, so that the next one goes on from there."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from storage.tables import pull_progress


@dataclass(frozen=True)
class PullProgress:
    """A pull under way, or one that broke off."""

    ground: str
    """A digest of what is read and how: nobody goes on with what was read otherwise."""
    mark: str | None
    """The CRM's, of before the pull began."""
    begun_at: int
    resume: str | None = None
    """What the CRM takes to go on behind what is staged; `None`: nothing is."""


def read_progress(connection: Connection) -> PullProgress | None:
    row = connection.execute(select(pull_progress)).one_or_none()
    return None if row is None else PullProgress(row.ground, row.mark, row.begun_at, row.resume)


def note_progress(connection: Connection, progress: PullProgress) -> None:
    """In the transaction that writes the rows which `progress.resume` covers."""
    forget_progress(connection)
    connection.execute(
        insert(pull_progress).values(
            no=1,
            resume=progress.resume,
            ground=progress.ground,
            mark=progress.mark,
            begun_at=progress.begun_at,
        )
    )


def forget_progress(connection: Connection) -> None:
    connection.execute(delete(pull_progress))
