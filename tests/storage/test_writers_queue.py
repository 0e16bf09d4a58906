"""The queue of those who write to a SQLite database."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Semaphore, Thread

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

import storage.writers_queue
from storage.database import open_database, reading, writing, writing_a_part
from storage.tables import role
from storage.writers_queue import Place, WritersQueue
from tests.new_database import write_new_database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_new_database(tmp_path / "council.db")
    return tmp_path / "council.db"


@pytest.fixture
def engine(file: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{file}")
    yield engine
    engine.dispose()


@pytest.fixture
def other_process(file: Path) -> Iterator[sqlite3.Connection]:
    """What knows nothing of our queue, as a writer of another process."""
    connection = sqlite3.connect(file, isolation_level=None)
    yield connection
    connection.close()


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> Semaphore:
    """Released by each writer as soon as it stands in the queue."""
    joined, join = Semaphore(0), WritersQueue.join

    def join_and_tell(queue: WritersQueue, writer: int) -> Place:
        place = join(queue, writer)
        joined.release()
        return place

    monkeypatch.setattr(WritersQueue, "join", join_and_tell)
    return joined


@pytest.fixture
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.writers_queue, "BUSY_SECONDS", 0)


def write_role(engine: Engine, name: str) -> None:
    with writing(engine) as connection:
        connection.execute(role.insert().values(crm_id=name, name=name))


def roles_as_they_came(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.exec_driver_sql("SELECT crm_id FROM role ORDER BY rowid").scalars())


def is_up(place: Place) -> bool:
    return place.comes_up(0)


def test_the_first_who_comes_is_up_at_once() -> None:
    assert is_up(WritersQueue().join(1))


def test_writers_come_up_one_by_one_in_the_order_in_which_they_came() -> None:
    queue = WritersQueue()
    first, second, third = (queue.join(writer) for writer in (1, 2, 3))
    assert [is_up(place) for place in (first, second, third)] == [True, False, False]
    queue.leave(first)
    assert [is_up(place) for place in (second, third)] == [True, False]
    queue.leave(second)
    assert is_up(third)


def test_who_comes_back_stands_behind_those_who_wait() -> None:
    queue = WritersQueue()
    part, waiting = queue.join(1), queue.join(2)
    queue.leave(part)
    next_part = queue.join(1)
    assert (is_up(waiting), is_up(next_part)) == (True, False)


def test_who_is_tired_of_waiting_lets_the_others_move_up() -> None:
    queue = WritersQueue()
    first, tired, last = (queue.join(writer) for writer in (1, 2, 3))
    queue.leave(tired)
    queue.leave(first)
    assert is_up(last)


def test_threads_write_in_the_order_in_which_they_came(engine: Engine, joined: Semaphore) -> None:
    names = [f"writer {number}" for number in range(5)]
    threads = [Thread(target=write_role, args=(engine, name)) for name in names]
    with writing(engine):
        joined.acquire()
        for thread in threads:
            thread.start()
            joined.acquire()
    for thread in threads:
        thread.join()
    assert roles_as_they_came(engine) == names


def test_more_writers_wait_than_there_are_connections_and_readers_still_read(
    engine: Engine, joined: Semaphore
) -> None:
    threads = [Thread(target=write_role, args=(engine, f"{number:02}")) for number in range(30)]
    with writing(engine):
        joined.acquire()
        for thread in threads:
            thread.start()
            joined.acquire()
        assert roles_as_they_came(engine) == []
    for thread in threads:
        thread.join()
    assert len(roles_as_they_came(engine)) == len(threads)


def test_who_waits_goes_before_the_next_part_of_the_same_work(engine: Engine, joined: Semaphore) -> None:
    waiting = Thread(target=write_role, args=(engine, "who waits"))
    with writing_a_part(engine) as connection:
        joined.acquire()
        waiting.start()
        joined.acquire()
        connection.execute(role.insert().values(crm_id="first part", name=""))
    with writing_a_part(engine) as connection:
        connection.execute(role.insert().values(crm_id="second part", name=""))
    waiting.join()
    assert roles_as_they_came(engine) == ["first part", "who waits", "second part"]


def test_a_writer_that_fails_gives_its_place_up(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine):
        raise ZeroDivisionError
    write_role(engine, "next")
    assert roles_as_they_came(engine) == ["next"]


def test_who_writes_already_is_told_instead_of_waiting_for_itself(engine: Engine) -> None:
    with writing(engine), pytest.raises(RuntimeError, match="within another one"):
        write_role(engine, "within")
    write_role(engine, "after")
    assert roles_as_they_came(engine) == ["after"]


def test_engines_on_the_same_file_share_a_queue(
    engine: Engine, file: Path, tmp_path: Path, joined: Semaphore
) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(file)
    second = open_database(f"sqlite:///{link}")
    threads = [Thread(target=write_role, args=(one, one.url.database)) for one in (second, engine)]
    with writing(engine):
        joined.acquire()
        for thread in threads:
            thread.start()
            joined.acquire()
    for thread in threads:
        thread.join()
    assert roles_as_they_came(engine) == [str(link), str(file)]
    second.dispose()


def test_databases_of_different_files_do_not_wait_for_each_other(engine: Engine, tmp_path: Path) -> None:
    other = open_database(write_new_database(tmp_path / "other.db"))
    with writing(engine):
        write_role(other, "elsewhere")
    assert roles_as_they_came(other) == ["elsewhere"]
    other.dispose()


def test_a_writer_of_another_process_is_waited_for(
    engine: Engine, other_process: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_process.execute("BEGIN IMMEDIATE")
    looks: list[float] = []

    def give_up_after_a_few_looks(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            other_process.execute("INSERT INTO role (crm_id, name) VALUES ('theirs', '')")
            other_process.execute("COMMIT")

    monkeypatch.setattr(storage.writers_queue, "sleep", give_up_after_a_few_looks)
    write_role(engine, "ours")
    assert len(looks) == 3
    assert roles_as_they_came(engine) == ["theirs", "ours"]


@pytest.mark.usefixtures("nobody_waits")
def test_a_lock_that_another_process_keeps_ends_the_wait_and_the_place_in_the_queue(
    engine: Engine, other_process: sqlite3.Connection
) -> None:
    other_process.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="database is locked"):
        write_role(engine, "too late")
    other_process.execute("ROLLBACK")
    write_role(engine, "again")
    assert roles_as_they_came(engine) == ["again"]


@pytest.mark.usefixtures("nobody_waits")
def test_a_turn_that_does_not_come_ends_the_wait_and_the_place_in_the_queue(engine: Engine) -> None:
    failed: list[OperationalError] = []

    def write_in_vain() -> None:
        try:
            write_role(engine, "too late")
        except OperationalError as error:
            failed.append(error)

    waiting = Thread(target=write_in_vain)
    with writing(engine):
        waiting.start()
        waiting.join()
    assert "database is locked" in str(failed[0])
    write_role(engine, "again")
    assert roles_as_they_came(engine) == ["again"]


def test_a_writer_leaves_its_connection_as_patient_as_it_was(engine: Engine) -> None:
    write_role(engine, "any")
    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 30_000
        assert connection.execute(select(role.c.name)).scalars().all() == ["any"]
