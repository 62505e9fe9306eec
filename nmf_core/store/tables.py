"""The tables of the label store as they are now; `migrations.py` leads older ones here.

Every row but a project's own hangs on a project id.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

projects = sa.Table(
    "projects",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("data_key", sa.String(200), nullable=False),
    sa.Column("created", sa.String(40), nullable=False),
    # Since version 2; a server of version 1 that is still running makes rows too, so each has a default.
    sa.Column("title", sa.String(80), nullable=False, server_default=""),
    sa.Column("updated", sa.String(40)),  # None until something is kept
    sa.Column("origin", sa.String(100)),  # names of files, without their ending: as opened, and as edited
    sa.Column("ratings", sa.String(100)),
    sa.Column("n_users", sa.Integer, nullable=False, server_default="0"),
    sa.Column("n_items", sa.Integer, nullable=False, server_default="0"),
    sa.Column("n_ratings", sa.Integer, nullable=False, server_default="0"),
    sa.Column("settings", sa.Text),  # JSON, read by the pages alone
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("owner", "data_key"),
)


def _label_columns() -> list[sa.Column]:
    """What a label and each entry of its history have in common: one version of it."""
    return [
        sa.Column("project", sa.ForeignKey("projects.id"), nullable=False, index=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("colour", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("shape", sa.Text, nullable=False),  # JSON, read by labels.shape alone
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("updated", sa.String(40), nullable=False),
    ]


# A label that was removed keeps its row, so that its versions go on counting and a stale page cannot match one.
labels = sa.Table(
    "labels",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *_label_columns(),
)

# Append-only: nothing updates a row, and only the deletion of a whole project removes any.
history = sa.Table(
    "label_history",
    metadata,
    sa.Column("entry", sa.Integer, primary_key=True),
    sa.Column("label_id", sa.ForeignKey("labels.id"), nullable=False),
    sa.Column("action", sa.String(10), nullable=False),
    sa.Column("undoes", sa.Integer),  # the entry that this one took back
    *_label_columns(),
)

# Blind rounds, since version 3.
rounds = sa.Table(
    "rounds",
    metadata,
    sa.Column("code", sa.String(10), primary_key=True),
    sa.Column("project", sa.ForeignKey("projects.id"), nullable=False),
    sa.Column("title", sa.String(80), nullable=False),
    sa.Column("cards", sa.Text, nullable=False),  # JSON, read by store.rounds alone
    sa.Column("shapes", sa.Text, nullable=False),  # likewise; apart, for pupils ask for the cards again and again
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("created", sa.String(40), nullable=False),
)
pupils = sa.Table(
    "round_pupils",
    metadata,
    sa.Column("pupil", sa.String(40), primary_key=True),  # a hash of the token that only the pupil has
    sa.Column("round", sa.ForeignKey("rounds.code"), nullable=False),
    sa.Column("nickname", sa.String(80), nullable=False),
    sa.Column("joined", sa.String(40), nullable=False),
)
# One row a pupil and feature: the name that stands, "" where it was taken back.
answers = sa.Table(
    "round_answers",
    metadata,
    sa.Column("pupil", sa.ForeignKey("round_pupils.pupil"), primary_key=True),
    sa.Column("feature", sa.Integer, primary_key=True),
    sa.Column("text", sa.String(80), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("updated", sa.String(40), nullable=False),
)

# What features were wished to be, since version 4: one row a project.
wishes = sa.Table(
    "wishes",
    metadata,
    sa.Column("project", sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),  # JSON, read by the pages alone; "" where all are free again
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("updated", sa.String(40), nullable=False),
)
