"""what is recorded for somebody is no decision until it is confirmed"""

import sqlalchemy as sa
from alembic import op

import ieom.records.base
from ieom.records.schema import keep_immutable
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

IMMUTABLE = ('recorded_decisions', 'recorded_ends')
MOMENT = ieom.records.base.UtcDateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql')
COLUMNS = 'seat, content_hash, hashes, decision, paragraph, by, at, comment, channel, evidence, recorded_by'
WAITING = """
    SELECT d.id FROM decisions d JOIN approval_seats s ON s.id = d.seat JOIN approval_rounds r ON r.id = s.round
    WHERE r.status = 'open' AND d.channel IN ('telephone', 'paper')
    AND NOT EXISTS (SELECT 1 FROM confirmations c WHERE c.decision = d.id)
    AND NOT EXISTS (SELECT 1 FROM contradictions c WHERE c.decision = d.id)
"""


def upgrade() -> None:
    op.create_table('recorded_decisions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('seat', sa.Integer(), nullable=False),
    sa.Column('content_hash', sa.String(), nullable=False),
    sa.Column('hashes', JSON, nullable=False),
    sa.Column('decision', sa.String(), nullable=False),
    sa.Column('paragraph', sa.String(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('comment', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('evidence', sa.String(), nullable=False),
    sa.Column('recorded_by', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['seat'], ['approval_seats.id'], name=op.f('fk_recorded_decisions_seat_approval_seats')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recorded_decisions'))
    )
    op.create_index(op.f('ix_recorded_decisions_seat'), 'recorded_decisions', ['seat'])
    op.create_table('recorded_ends',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('recorded', sa.Integer(), nullable=False),
    sa.Column('became', sa.String(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('why', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['recorded'], ['recorded_decisions.id'], name=op.f('fk_recorded_ends_recorded_recorded_decisions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recorded_ends')),
    sa.UniqueConstraint('recorded', name=op.f('uq_recorded_ends_recorded'))
    )
    op.add_column('decision_links', sa.Column('purpose', sa.String(), nullable=False, server_default='decide'))
    op.add_column('decision_links', sa.Column('recorded', sa.Integer(), nullable=True))
    _those_that_wait()
    for table in IMMUTABLE:
        for name, sql in keep_immutable(table):
            if name == op.get_bind().dialect.name:
                op.execute(sql)


def _those_that_wait() -> None:
    """What waits for its confirmation in an open round is a decision no more, so that the approver may still decide."""
    op.execute(f'INSERT INTO recorded_decisions ({COLUMNS}) SELECT {COLUMNS} FROM decisions WHERE id IN ({WAITING})')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER TABLE decisions DISABLE TRIGGER decisions_immutable')
    else:
        op.execute('DROP TRIGGER decisions_no_delete')
    op.execute(f'DELETE FROM decisions WHERE id IN ({WAITING})')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER TABLE decisions ENABLE TRIGGER decisions_immutable')
    else:
        op.execute(next(sql for _, sql in keep_immutable('decisions') if 'decisions_no_delete' in sql))


def downgrade() -> None:
    op.execute(
        f'INSERT INTO decisions ({COLUMNS}) SELECT {COLUMNS} FROM recorded_decisions r '
        'WHERE NOT EXISTS (SELECT 1 FROM recorded_ends e WHERE e.recorded = r.id)'
    )
    op.drop_column('decision_links', 'recorded')
    op.drop_column('decision_links', 'purpose')
    for table in reversed(IMMUTABLE):
        op.drop_table(table)
        if op.get_bind().dialect.name == 'postgresql':
            op.execute(f'DROP FUNCTION IF EXISTS {table}_immutable()')
