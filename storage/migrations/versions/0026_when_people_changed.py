"""when people changed: so that whoever keeps them in memory can tell that they are still the same.

Triggers, not the code that writes, keep it: no writer, of whatever process, can forget to.
"""

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

TABLES = ('person', 'role', 'council_member', 'person_link')

TOUCH = """
CREATE FUNCTION people_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE people_version SET version = txid_current()
    WHERE of_table = TG_TABLE_NAME AND version <> txid_current();
    RETURN NULL;
END
$$
"""
"""The transaction's own number, which no other one ever has; written once, as a pull changes row by row and
each writing would leave a dead row to step over."""


def upgrade() -> None:
    table = op.create_table(
        'people_version',
        sa.Column('of_table', sa.Text(), nullable=False),
        sa.Column('version', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('of_table'),
    )
    op.bulk_insert(table, [{'of_table': name, 'version': 0} for name in TABLES])
    if op.get_bind().dialect.name == 'postgresql':
        _watch_on_postgresql()
    else:
        _watch_on_sqlite()


def _watch_on_postgresql() -> None:
    op.execute(TOUCH)
    for name in TABLES:
        op.execute(
            f'CREATE TRIGGER people_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {name} '
            'FOR EACH STATEMENT EXECUTE FUNCTION people_changed()'
        )


def _watch_on_sqlite() -> None:
    for name in TABLES:
        for act in ('INSERT', 'UPDATE', 'DELETE'):
            op.execute(
                f'CREATE TRIGGER people_changed_{name}_{act.lower()} AFTER {act} ON {name} BEGIN '
                f"UPDATE people_version SET version = version + 1 WHERE of_table = '{name}'; END"
            )
