"""one release that carries a statement waits"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

WAITS = "kind IN ('statement', 'correction') AND started_at IS NULL AND status NOT IN ('done', 'dropped')"


def upgrade() -> None:
    # Two that were prepared at one instant: the newer one stands, as if it had been prepared after the other.
    op.execute(
        f"UPDATE releases SET status = 'dropped' WHERE {WAITS} AND number < (SELECT max(other.number) FROM releases other "
        f"WHERE other.mission = releases.mission AND other.kind IN ('statement', 'correction') "
        "AND other.started_at IS NULL AND other.status NOT IN ('done', 'dropped'))"
    )
    op.create_index(
        'one_waiting', 'releases', ['mission'], unique=True, sqlite_where=sa.text(WAITS), postgresql_where=sa.text(WAITS)
    )


def downgrade() -> None:
    op.drop_index('one_waiting', table_name='releases')
