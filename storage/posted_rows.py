"""Reading the messages of the last council about one row, to show what was said and decided since."""

from datetime import date

from sqlalchemy import Connection, func, select

from pipeline.matrix import Dimension
from pipeline.posted_rows import PostedRow
from storage.actions import read_actions
from storage.cell_words import read_contexts, read_requests
from storage.chat_tables import outbox
from storage.edition_tables import edition_matrix, thread_cell
from storage.matrix_text import matrix_from_text


def read_posted_rows(connection: Connection, dimension: Dimension, value: str) -> tuple[PostedRow, ...]:
    """A row of the last council's post, once for each of its channels; none where it got no message then.

    A message that is too old to have a card still is left as it is.
    """
    columns = thread_cell.c
    posted = connection.execute(
        select(columns.key, columns.edition, columns.red_again, edition_matrix.c.matrix)
        .join(outbox, outbox.c.key == columns.key)
        .join(
            edition_matrix,
            (edition_matrix.c.edition == columns.edition) & (edition_matrix.c.dimension == columns.dimension),
        )
        .where(
            columns.dimension == dimension.value,
            columns.value == value,
            columns.edition == select(func.max(columns.edition)).scalar_subquery(),
            outbox.c.card != "",
        )
        .order_by(outbox.c.no)
    ).all()
    if not posted:
        return ()
    council = date.fromordinal(posted[0].edition)
    contexts, asked = read_contexts(connection, council), read_requests(connection, council)
    actions = read_actions(connection, dimension=dimension, value=value)
    table = matrix_from_text(posted[0].matrix)
    return tuple(
        PostedRow(row.key, council, table, value, row.red_again, contexts, asked, actions) for row in posted
    )
