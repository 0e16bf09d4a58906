"""personal settings, and messages found by their place."""

import sqlalchemy as sa
import sqlmodel  # noqa: F401
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('person_setting',
    sa.Column('person', sa.Text(), nullable=False),
    sa.Column('digest_at', sa.Text(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('person')
    )
    op.create_index('outbox_place', 'outbox', ['surface', 'message'], unique=False)
