"""who does not let us in."""

import sqlalchemy as sa
import sqlmodel  # noqa: F401
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('access_refusal',
    sa.Column('surface', sa.Text(), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('surface')
    )
