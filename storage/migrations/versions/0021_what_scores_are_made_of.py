"""what each score is made of, beside the score."""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('score_day', sa.Column('value', sa.Text(), nullable=True))
    op.add_column('score_day', sa.Column('unclean_value', sa.Text(), nullable=True))
    op.drop_table('score_sum')
