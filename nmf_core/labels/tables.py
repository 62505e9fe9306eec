"""The tables of the label store. Every row but a project's own hangs on a project id."""

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

# Append-only: nothing updates or deletes a row.
history = sa.Table(
    "label_history",
    metadata,
    sa.Column("entry", sa.Integer, primary_key=True),
    sa.Column("label_id", sa.ForeignKey("labels.id"), nullable=False),
    sa.Column("action", sa.String(10), nullable=False),
    sa.Column("undoes", sa.Integer),  # the entry that this one took back
    *_label_columns(),
)
