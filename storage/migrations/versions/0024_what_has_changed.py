"""what the CRM says has changed, and how far a pull came that broke off."""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

CRM_ID = sa.Text().with_variant(sa.Text(collation='C'), 'postgresql')


def upgrade() -> None:
    op.add_column('mirror', sa.Column('mark', sa.Text(), nullable=True))
    op.add_column('mirror', sa.Column('mark_ground', sa.Text(), nullable=False, server_default=''))
    op.create_table(
        'pull_progress',
        sa.Column('no', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('resume', sa.Text(), nullable=False),
        sa.Column('ground', sa.Text(), nullable=False),
        sa.Column('mark', sa.Text(), nullable=True),
        sa.Column('begun_at', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('no'),
    )
    op.create_table(
        'deal_to_read',
        sa.Column('crm_id', CRM_ID, nullable=False),
        sa.PrimaryKeyConstraint('crm_id'),
    )
