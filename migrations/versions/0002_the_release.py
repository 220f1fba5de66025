"""the release: contacts that outlive a mission, kinds of releases, what comes back"""

import secrets

import sqlalchemy as sa
from alembic import op

import ieom.records.base
from ieom.records.schema import keep_immutable
from ieom.rules.addresses import fold
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

IMMUTABLE = ('release_approvals', 'contact_acts')
MOMENT = ieom.records.base.UtcDateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql')


def upgrade() -> None:
    _contacts()
    with op.batch_alter_table('releases') as batch:
        batch.alter_column('round', existing_type=sa.Integer(), nullable=True)
        batch.alter_column('press_conference_at', existing_type=MOMENT, nullable=True)
        batch.add_column(sa.Column('texts', JSON, nullable=False, server_default='{}'))
        batch.add_column(sa.Column('concerns', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('not_before', MOMENT, nullable=True))
        batch.add_column(sa.Column('go', sa.String(), nullable=False, server_default='by_time'))
        batch.add_column(sa.Column('early_by', sa.String(), nullable=True))
        batch.add_column(sa.Column('early_agreed_by', sa.String(), nullable=True))
        batch.add_column(sa.Column('early_at', MOMENT, nullable=True))
        batch.add_column(sa.Column('early_why', sa.String(), nullable=False, server_default=''))
        batch.create_foreign_key(op.f('fk_releases_concerns_releases'), 'releases', ['concerns'], ['id'])
    op.create_table('release_approvals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('release', sa.Integer(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['release'], ['releases.id'], name=op.f('fk_release_approvals_release_releases')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_release_approvals')),
    sa.UniqueConstraint('release', 'by', name=op.f('uq_release_approvals_release_by'))
    )
    op.create_table('complaints',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('mission', sa.String(), nullable=False),
    sa.Column('release', sa.Integer(), nullable=True),
    sa.Column('received', sa.String(), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('registered_by', sa.String(), nullable=False),
    sa.Column('registered_at', MOMENT, nullable=False),
    sa.Column('reply', sa.String(), nullable=True),
    sa.Column('replied_at', MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['mission'], ['missions.slug'], name=op.f('fk_complaints_mission_missions')),
    sa.ForeignKeyConstraint(['release'], ['releases.id'], name=op.f('fk_complaints_release_releases')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_complaints')),
    sa.UniqueConstraint('mission', 'received', name=op.f('uq_complaints_mission_received'))
    )
    op.create_table('letter_reports',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter', sa.Integer(), nullable=True),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('diagnostic', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['letter'], ['letters.id'], name=op.f('fk_letter_reports_letter_letters')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_reports')),
    sa.UniqueConstraint('source', name=op.f('uq_letter_reports_source'))
    )
    op.create_index(op.f('ix_letter_reports_letter'), 'letter_reports', ['letter'])
    op.create_table('contact_acts',
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('act', sa.String(), nullable=False),
    sa.Column('what', JSON, nullable=False),
    sa.Column('ref', sa.String(), nullable=True),
    sa.Column('previous', sa.String(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_contact_acts')),
    sa.UniqueConstraint('ref', name=op.f('uq_contact_acts_ref'))
    )
    _recipients()
    for table in IMMUTABLE:
        for name, sql in keep_immutable(table):
            if name == op.get_bind().dialect.name:
                op.execute(sql)


def _recipients() -> None:
    """Letters are found by their recipient, however that was written."""
    op.add_column('letters', sa.Column('recipient_key', sa.String(), nullable=False, server_default=''))
    bind = op.get_bind()
    written = bind.scalars(sa.text('SELECT DISTINCT recipient FROM letters')).all()
    known = [{'written': one, 'key': fold(one)} for one in written]
    if known:
        bind.execute(sa.text('UPDATE letters SET recipient_key = :key WHERE recipient = :written'), known)
    op.create_index(op.f('ix_letters_recipient_key'), 'letters', ['recipient_key'])


def _contacts() -> None:
    """A mission's contacts become contacts of the press office; where missions differ, the newest row stands."""
    bind = op.get_bind()
    old = bind.execute(sa.text(
        'SELECT c.mission, c.email, c.outlet, c.name, c.salutation, c.language, c.country, c.kind, m.opened_at '
        'FROM media_contacts c JOIN missions m ON m.slug = c.mission ORDER BY m.opened_at'
    ).columns(opened_at=MOMENT)).mappings().all()
    dead = bind.execute(
        sa.text('SELECT email, why, at FROM suppressions ORDER BY at').columns(at=MOMENT)
    ).mappings().all()
    op.drop_table('media_contacts')
    op.drop_table('suppressions')
    contacts = op.create_table('media_contacts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('outlet', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('salutation', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('country', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('consent', sa.String(), nullable=False),
    sa.Column('consent_on', sa.Date(), nullable=True),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('token', sa.String(), nullable=False),
    sa.Column('added_at', MOMENT, nullable=False),
    sa.Column('left_at', MOMENT, nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_media_contacts')),
    sa.UniqueConstraint('key', name=op.f('uq_media_contacts_key')),
    sa.UniqueConstraint('token', name=op.f('uq_media_contacts_token'))
    )
    op.create_table('media_lists',
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('made_at', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_media_lists'))
    )
    op.create_table('media_list_entries',
    sa.Column('list', sa.String(), nullable=False),
    sa.Column('contact', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['contact'], ['media_contacts.id'], name=op.f('fk_media_list_entries_contact_media_contacts')),
    sa.ForeignKeyConstraint(['list'], ['media_lists.code'], name=op.f('fk_media_list_entries_list_media_lists')),
    sa.PrimaryKeyConstraint('list', 'contact', name=op.f('pk_media_list_entries'))
    )
    chosen = op.create_table('mission_media',
    sa.Column('mission', sa.String(), nullable=False),
    sa.Column('contact', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['contact'], ['media_contacts.id'], name=op.f('fk_mission_media_contact_media_contacts')),
    sa.ForeignKeyConstraint(['mission'], ['missions.slug'], name=op.f('fk_mission_media_mission_missions')),
    sa.PrimaryKeyConstraint('mission', 'contact', name=op.f('pk_mission_media'))
    )
    suppressions = op.create_table('suppressions',
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('why', sa.String(), nullable=False),
    sa.Column('detail', sa.String(), nullable=False),
    sa.Column('letter', sa.Integer(), nullable=True),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('lifted_at', MOMENT, nullable=True),
    sa.Column('lifted_by', sa.String(), nullable=True),
    sa.Column('lifted_why', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['letter'], ['letters.id'], name=op.f('fk_suppressions_letter_letters')),
    sa.PrimaryKeyConstraint('email', name=op.f('pk_suppressions'))
    )
    known: dict[str, dict[str, object]] = {}
    pairs: dict[tuple[str, int], None] = {}
    for row in old:
        key = fold(row['email'])
        kept = known.setdefault(key, {
            'id': len(known) + 1, 'key': key, 'token': secrets.token_urlsafe(18), 'added_at': row['opened_at'],
            'consent': '', 'source': '',
        })
        columns = ('email', 'outlet', 'name', 'salutation', 'language', 'country', 'kind')
        kept.update({column: row[column] for column in columns})
        pairs[row['mission'], int(str(kept['id']))] = None
    if known:
        op.bulk_insert(contacts, list(known.values()))
        op.bulk_insert(chosen, [{'mission': mission, 'contact': contact} for mission, contact in pairs])
        if bind.dialect.name == 'postgresql':  # the ids were given by hand
            bind.execute(sa.text("SELECT setval(pg_get_serial_sequence('media_contacts', 'id'), :n)"), {'n': len(known)})
    folded: dict[str, dict[str, object]] = {}
    for row in dead:
        why, _, detail = row['why'].partition(': ')
        why = {'dead address': 'dead', 'unsubscribed': 'unsubscribed'}.get(why, 'by_hand')
        folded.setdefault(fold(row['email']), {
            'email': fold(row['email']), 'why': why, 'detail': detail, 'at': row['at'], 'lifted_why': '',
        })
    if folded:
        op.bulk_insert(suppressions, list(folded.values()))


def downgrade() -> None:
    raise NotImplementedError('contacts can\'t be given back to their missions; restore a backup made before')
