"""the deals of one account, found without reading everybody's."""

from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('opportunity_account', 'opportunity', ['account_id'], unique=False)
