"""deals of an owner."""

import sqlmodel  # noqa: F401
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('opportunity_owner', 'opportunity', ['owner_id'])
