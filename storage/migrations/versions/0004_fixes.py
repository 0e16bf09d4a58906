"""fixes."""

import sqlalchemy as sa
import sqlmodel  # noqa: F401
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('base_day',
    sa.Column('generation', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('as_of', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('expected_share', sa.Text(), nullable=True),
    sa.Column('forecast_share', sa.Text(), nullable=True),
    sa.Column('required_coverage', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('generation', 'as_of')
    )
    op.create_table('base_sum',
    sa.Column('generation', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('as_of', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('view', sa.Text(), nullable=False),
    sa.Column('slice_no', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('currency', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('rate_day', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('state_basis', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('slice_basis', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('qualified_basis', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('closed_won', sa.BigInteger(), nullable=False),
    sa.Column('commit', sa.BigInteger(), nullable=False),
    sa.Column('best_case', sa.BigInteger(), nullable=False),
    sa.Column('open_pipeline', sa.BigInteger(), nullable=False),
    sa.Column('pipe_gen', sa.BigInteger(), nullable=False),
    sa.Column('open_next_1', sa.BigInteger(), nullable=False),
    sa.Column('open_next_2', sa.BigInteger(), nullable=False),
    sa.Column('open_next_3', sa.BigInteger(), nullable=False),
    sa.Column('overdue', sa.BigInteger(), nullable=False),
    sa.Column('closed_deals', sa.BigInteger(), nullable=False),
    sa.Column('closed_firsts', sa.BigInteger(), nullable=False),
    sa.Column('commit_deals', sa.BigInteger(), nullable=False),
    sa.Column('commit_firsts', sa.BigInteger(), nullable=False),
    sa.Column('open_deals', sa.BigInteger(), nullable=False),
    sa.Column('open_firsts', sa.BigInteger(), nullable=False),
    sa.Column('generated_deals', sa.BigInteger(), nullable=False),
    sa.Column('generated_firsts', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('generation', 'as_of', 'view', 'slice_no', 'currency', 'rate_day', 'state_basis', 'slice_basis', 'qualified_basis'),
    sqlite_with_rowid=False
    )
    op.create_table('learnt_rejection',
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('record_type', sa.Text(), nullable=False),
    sa.Column('says', sa.Text(), nullable=False),
    sa.Column('fields', sa.Text(), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('stage', 'record_type', 'says')
    )
    op.create_table('refreshed_deal',
    sa.Column('no', sa.Integer(), nullable=False),
    sa.Column('opportunity_id', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('no')
    )
    op.create_table('write_intent',
    sa.Column('no', sa.Integer(), nullable=False),
    sa.Column('opportunity_id', sa.Text(), nullable=False),
    sa.Column('by', sa.Text(), nullable=False),
    sa.Column('surface', sa.Text(), nullable=False),
    sa.Column('act', sa.Text(), nullable=False),
    sa.Column('event', sa.Text(), nullable=True),
    sa.Column('changes', sa.Text(), nullable=False),
    sa.Column('kinds', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.BigInteger(), nullable=False),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('no')
    )
    op.create_index('write_intent_open', 'write_intent', ['opened_at'], unique=False, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
