"""letters that did not arrive are seen to"""

import sqlalchemy as sa
from alembic import op

import ieom.records.base

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'letters_seen_to',
        sa.Column('letter', sa.Integer(), nullable=False),
        sa.Column('at', ieom.records.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        sa.Column('anew', sa.Integer(), nullable=True),
        sa.Column('why', sa.String(), nullable=False),
        sa.ForeignKeyConstraint(['anew'], ['letters.id'], name=op.f('fk_letters_seen_to_anew_letters')),
        sa.ForeignKeyConstraint(['letter'], ['letters.id'], name=op.f('fk_letters_seen_to_letter_letters')),
        sa.PrimaryKeyConstraint('letter', name=op.f('pk_letters_seen_to')),
    )


def downgrade() -> None:
    op.drop_table('letters_seen_to')
