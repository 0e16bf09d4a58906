"""which messages show which deals."""

import sqlalchemy as sa
import sqlmodel  # noqa: F401
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('letter_deal',
    sa.Column('no', sa.Integer(), nullable=False),
    sa.Column('letter', sa.Text(), nullable=False),
    sa.Column('deal', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('no')
    )
    op.create_index('letter_deal_deal', 'letter_deal', ['deal', 'at'], unique=False)
