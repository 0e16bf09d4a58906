"""the audit of one person, found without reading everybody's."""

from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('audit_person', 'audit', ['by', 'no'], unique=False)
