"""what came in is taken back"""

import sqlalchemy as sa
from alembic import op

import ieom.records.base

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None
MOMENT = ieom.records.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.add_column('nominee_items', sa.Column('taken_back_at', MOMENT, nullable=True))
    op.add_column('nominee_items', sa.Column('taken_back_by', sa.String(), nullable=True))
    op.add_column('nominee_items', sa.Column('taken_back_why', sa.String(), nullable=True))


def downgrade() -> None:
    for name in ('taken_back_why', 'taken_back_by', 'taken_back_at'):
        op.drop_column('nominee_items', name)
