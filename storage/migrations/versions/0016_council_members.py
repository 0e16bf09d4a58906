"""members of the council by a group of the chat platform."""

import sqlalchemy as sa
import sqlmodel  # noqa: F401
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('council_member',
    sa.Column('surface', sa.Text(), nullable=False),
    sa.Column('tenant', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('surface', 'tenant', 'email')
    )
