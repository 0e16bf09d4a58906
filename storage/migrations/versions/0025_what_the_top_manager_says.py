"""what the top manager says."""

import sqlalchemy as sa
import sqlmodel  # noqa: F401
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('forecast_call',
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=True),
    sa.Column('owner_id', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('period')
    )
