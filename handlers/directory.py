"""Everybody whom we know, with their links and what waits for them."""

from handlers.asking import Desk
from pipeline.directory import DirectoryEntry, list_people
from storage.database import reading
from storage.outbox_reading import count_failed_by_person
from storage.people import read_people
from storage.person_links import read_links


def read_directory(desk: Desk) -> tuple[DirectoryEntry, ...]:
    """By name."""
    company = desk.company
    people = read_people(desk.engine)
    with reading(desk.engine) as connection:
        links, waiting = read_links(connection), count_failed_by_person(connection)
    return list_people(people, company.people, company.council, links, waiting)
