"""passkeys, accounts at an OpenID provider, what a browser that enters so was asked"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import ieom.records.base

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

MOMENT = ieom.records.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table('passkeys',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account', sa.Integer(), nullable=False),
    sa.Column('credential', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('handle', sa.String(), nullable=False),
    sa.Column('counter', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('added_at', MOMENT, nullable=False),
    sa.Column('used_at', MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['account'], ['accounts.id'], name=op.f('fk_passkeys_account_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkeys')),
    sa.UniqueConstraint('credential', name=op.f('uq_passkeys_credential'))
    )
    op.create_index(op.f('ix_passkeys_account'), 'passkeys', ['account'])
    op.create_table('openid_subjects',
    sa.Column('account', sa.Integer(), nullable=False),
    sa.Column('issuer', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('bound_at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['account'], ['accounts.id'], name=op.f('fk_openid_subjects_account_accounts')),
    sa.PrimaryKeyConstraint('account', 'issuer', name=op.f('pk_openid_subjects')),
    sa.UniqueConstraint('issuer', 'subject', name=op.f('uq_openid_subjects_issuer_subject'))
    )
    op.create_table('challenges',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('value', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('until', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_challenges'))
    )
    op.create_index(op.f('ix_challenges_place'), 'challenges', ['place'])
