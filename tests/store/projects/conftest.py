"""What the tests of projects share: a store, a folder, ratings, and what lies in the folder."""

import pytest
import sqlalchemy as sa

from nmf_core.store.labels import LabelStore
from nmf_core.store.projects import Projects
from nmf_core.store.tables import projects as table
from tests.conftest import random_ratings

A, B, C = (random_ratings(seed) for seed in (1, 2, 3))


@pytest.fixture
def store(url):
    with LabelStore(url, timeout=60) as opened:
        yield opened


@pytest.fixture
def kept(store, tmp_path):
    return Projects(store, tmp_path / "projects")


@pytest.fixture
def project(store):
    return store.project_for("ann", "data")


def files(tmp_path, project):
    return sorted(path.name for path in (tmp_path / "projects" / project).iterdir())


def refer(store, project, **values):
    with store.transaction(write=True) as db:
        db.execute(sa.update(table).where(table.c.id == project).values(**values))
