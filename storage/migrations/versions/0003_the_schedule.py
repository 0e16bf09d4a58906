"""the schedule."""

import sqlalchemy as sa
import sqlmodel  # noqa: F401
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('job_run',
    sa.Column('job', sa.Text(), nullable=False),
    sa.Column('slot', sa.Text(), nullable=False),
    sa.Column('due', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('by_hand', sa.Boolean(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease_by', sa.Text(), nullable=True),
    sa.Column('lease_until', sa.BigInteger(), nullable=True),
    sa.Column('next_try_at', sa.BigInteger(), nullable=True),
    sa.Column('started_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('says', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('job', 'slot')
    )
    op.create_index('job_run_due', 'job_run', ['job', 'due'], unique=False)
    op.create_index('job_run_open', 'job_run', ['job'], unique=False, sqlite_where=sa.text("state IN ('running', 'waiting')"), postgresql_where=sa.text("state IN ('running', 'waiting')"))
    op.create_table('job_state',
    sa.Column('job', sa.Text(), nullable=False),
    sa.Column('schedule', sa.Text(), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('failing_since', sa.BigInteger(), nullable=True),
    sa.Column('is_told', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('job')
    )
