"""Editions are kept as they were frozen, and messages know which cell they are about."""

from datetime import date

from pipeline.editions import ThreadCell
from pipeline.matrix import Dimension, Metric
from storage.database import Engine, reading, writing
from storage.editions import find_thread_cell, record_thread_cell

EMEA = ThreadCell(date(2026, 11, 23), Dimension.REGION, "EMEA", Metric.COVERAGE)


def test_a_message_of_the_council_knows_its_cell(engine: Engine) -> None:
    for _ in range(2):  # a job that ran twice
        with writing(engine) as connection:
            record_thread_cell(connection, "council:EMEA", EMEA)
    with reading(engine) as connection:
        assert find_thread_cell(connection, "council:EMEA") == EMEA
        assert find_thread_cell(connection, "digest:005A") is None
