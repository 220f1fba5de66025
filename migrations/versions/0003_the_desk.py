"""the desk: accounts, roles, sessions, texts kept; deciding by link"""

import sqlalchemy as sa
from alembic import op

import ieom.records.base

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

MOMENT = ieom.records.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    _accounts()
    _decision_links()
    _comments()


def _accounts() -> None:
    op.create_table('accounts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('password', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('zone', sa.String(), nullable=False),
    sa.Column('made_at', MOMENT, nullable=False),
    sa.Column('closed_at', MOMENT, nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('key', name=op.f('uq_accounts_key'))
    )
    op.create_table('grants',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account', sa.Integer(), nullable=False),
    sa.Column('mission', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['account'], ['accounts.id'], name=op.f('fk_grants_account_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grants')),
    sa.UniqueConstraint('account', 'mission', 'role', name=op.f('uq_grants_account_mission_role'))
    )
    op.create_index(op.f('ix_grants_account'), 'grants', ['account'])
    op.create_table('desk_sessions',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('account', sa.Integer(), nullable=False),
    sa.Column('csrf', sa.String(), nullable=False),
    sa.Column('begun_at', MOMENT, nullable=False),
    sa.Column('seen_at', MOMENT, nullable=False),
    sa.Column('ended_at', MOMENT, nullable=True),
    sa.Column('browser', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['account'], ['accounts.id'], name=op.f('fk_desk_sessions_account_accounts')),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_desk_sessions'))
    )
    op.create_index(op.f('ix_desk_sessions_account'), 'desk_sessions', ['account'])
    op.create_table('entry_links',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('account', sa.Integer(), nullable=True),
    sa.Column('made_at', MOMENT, nullable=False),
    sa.Column('until', MOMENT, nullable=False),
    sa.Column('used_at', MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['account'], ['accounts.id'], name=op.f('fk_entry_links_account_accounts')),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_entry_links'))
    )
    op.create_table('failed_entries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_failed_entries'))
    )
    op.create_index(op.f('ix_failed_entries_key'), 'failed_entries', ['key'])
    op.create_table('kept_texts',
    sa.Column('account', sa.Integer(), nullable=False),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['account'], ['accounts.id'], name=op.f('fk_kept_texts_account_accounts')),
    sa.PrimaryKeyConstraint('account', 'place', name=op.f('pk_kept_texts'))
    )


def _decision_links() -> None:
    op.create_table('decision_links',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('mission', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('seat', sa.Integer(), nullable=False),
    sa.Column('who', sa.String(), nullable=False),
    sa.Column('hashes', ieom.records.base.Json, nullable=False),
    sa.Column('made_at', MOMENT, nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('wrong', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['mission'], ['missions.slug'], name=op.f('fk_decision_links_mission_missions')),
    sa.ForeignKeyConstraint(['round'], ['approval_rounds.id'], name=op.f('fk_decision_links_round_approval_rounds')),
    sa.ForeignKeyConstraint(['seat'], ['approval_seats.id'], name=op.f('fk_decision_links_seat_approval_seats')),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_decision_links'))
    )
    op.create_index(op.f('ix_decision_links_round'), 'decision_links', ['round'])


def _comments() -> None:
    op.create_table('comments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('mission', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('paragraph', sa.String(), nullable=False),
    sa.Column('version_hash', sa.String(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('resolved_by', sa.String(), nullable=True),
    sa.Column('resolved_at', MOMENT, nullable=True),
    sa.Column('answer', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['mission'], ['missions.slug'], name=op.f('fk_comments_mission_missions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comments'))
    )
    op.create_index(op.f('ix_comments_mission_language'), 'comments', ['mission', 'language'])
