"""nominating by link"""

import sqlalchemy as sa
from alembic import op

import ieom.records.base

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None
MOMENT = ieom.records.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('nomination_links',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('mission', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('made_at', MOMENT, nullable=False),
    sa.Column('used_at', MOMENT, nullable=True),
    sa.Column('ended_at', MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['mission'], ['missions.slug'], name=op.f('fk_nomination_links_mission_missions')),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_nomination_links'))
    )
    op.create_index(op.f('ix_nomination_links_mission'), 'nomination_links', ['mission'])


def downgrade() -> None:
    op.drop_index(op.f('ix_nomination_links_mission'), 'nomination_links')
    op.drop_table('nomination_links')
