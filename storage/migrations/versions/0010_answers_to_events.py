"""when an event was answered."""

import sqlalchemy as sa
import sqlmodel  # noqa: F401
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('inbox', sa.Column('answered_at', sa.BigInteger(), nullable=True))
    op.add_column('inbox', sa.Column('resumed', sa.Integer(), server_default='0', nullable=False))
    op.execute('UPDATE inbox SET answered_at = done_at')
    op.drop_index('inbox_unfinished', table_name='inbox')
    op.create_index('inbox_unanswered', 'inbox', ['working_until'], unique=False, sqlite_where=sa.text('answered_at IS NULL'), postgresql_where=sa.text('answered_at IS NULL'))
