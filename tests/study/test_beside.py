"""Studies in a process beside: the same as here, with progress, an end when it is asked for, errors, and no process left over."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

import pandas as pd
import pytest

from nmf_core import Ratings, Settings, SettingsError, evaluate, factorize, survey_ranks
from nmf_core.study.beside import STUDIES, Beside
from pages.ui.work import apart
from tests.kernels import SHAKE


@pytest.fixture(scope="module")
def beside():
    process = Beside()
    yield process
    process.close()
    assert not process.alive


def go_on(done: int, of: int, *so_far: object) -> bool:
    return True


def test_a_study_beside_is_the_study_here(beside, notebook):
    so_far = []
    there = beside.run("survey", go_on, so_far.append, ratings=notebook, ranks=(1, 2), folds=2)
    here = survey_ranks(notebook, (1, 2), folds=2)
    pd.testing.assert_frame_equal(there.table, here.table)
    assert there.verdict == here.verdict
    assert [len(found.table) for found in so_far] == [1, 2]
    judged = beside.run("evaluate", go_on, ratings=notebook, settings={"two": Settings(rank=2)}, folds=2)
    pd.testing.assert_frame_equal(judged, evaluate(notebook, {"two": Settings(rank=2)}, folds=2), rtol=1e-3)


def test_it_ends_when_it_is_told_to_and_takes_the_next(beside, movie_night):
    so_far = []
    found = beside.run(
        "survey", lambda done, of: not so_far, so_far.append, ratings=movie_night, ranks=tuple(range(1, 9)), folds=20
    )
    assert 1 <= len(found.table) < 8
    assert len(beside.run("survey", go_on, ratings=movie_night, ranks=(1,), folds=2).table) == 1


def test_errors_are_those_of_the_study_and_a_bug_is_told(beside, notebook, monkeypatch):
    with pytest.raises(SettingsError, match="folds"):
        beside.run("survey", go_on, ratings=notebook, ranks=(1,), folds=1)
    with pytest.raises(RuntimeError, match="TypeError in a study"):
        beside.run("survey", go_on, ratings=notebook, ranks=(1,), fold=2)
    assert len(beside.run("survey", go_on, ratings=notebook, ranks=(1,), folds=2).table) == 1


def test_a_process_that_is_gone_is_said_and_another_one_started(notebook: Ratings, caplog, monkeypatch):
    monkeypatch.setattr("nmf_core.study.beside.STARTS", 600.0)  # it stands back behind all that a busy machine does
    apart.begin()
    try:
        first = apart._BESIDE["studies"]
        first.process.kill()
        first.process.wait()
        with pytest.raises(RuntimeError, match="has ended"):
            first.run("survey", go_on, ratings=notebook, ranks=(1,), folds=2)
        found = apart.run("survey", go_on, ratings=notebook, ranks=(1,), folds=2)
        assert len(found.table) == 1 and "another one is started" in caplog.text
    finally:
        apart.end()
    assert len(apart.run("survey", go_on, None, ratings=notebook, ranks=(1,), folds=2).table) == 1  # here


@pytest.mark.parametrize("when", ["before it calls", "while they greet"])
def test_a_process_ends_quietly_where_whoever_asked_ends_while_it_starts(when, tmp_path):
    address = str(tmp_path / "a")
    with socket.socket(socket.AF_UNIX) as asks:
        asks.bind(address)
        if when == "while they greet":
            asks.listen()
        command = [sys.executable, "-m", "nmf_core.study.beside", address, "0"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdin is not None and process.stderr is not None
            process.stdin.write(b"key")
            process.stdin.close()
            if when == "while they greet":
                asks.accept()[0].close()
            assert process.stderr.read() == b""
    assert process.returncode == 0


def test_processes_are_started_for_a_crowd(monkeypatch):
    begun = threading.Event()
    monkeypatch.setattr(apart, "begin", begun.set)
    monkeypatch.setattr(apart, "_PEOPLE", set())
    monkeypatch.setattr(apart, "serving", threading.Event())
    for person in ("x", "y", "z"):
        apart.came(person)  # a page in a test is no server
    apart.serving.set()
    for person in ("ann", "bob", "ann", "bob"):
        apart.came(person)
    assert not begun.is_set()
    apart.came("cy")
    assert begun.wait(60)


def test_what_cannot_be_started_leaves_studies_to_the_server(monkeypatch, caplog):
    monkeypatch.setattr(apart, "Beside", lambda nice: (_ for _ in ()).throw(OSError("no process")))
    apart.begin()
    assert not apart._BESIDE and "slower for everybody" in caplog.text
    assert set(STUDIES) == {"survey", "evaluate", "dial", "fit"}


@pytest.mark.skipif(bool(os.environ.get(SHAKE)), reason="the process beside is not shaken as this one is")
def test_a_fit_beside_has_the_bits_of_a_fit_here(beside, movie_night):
    settings = Settings(rank=3, blanks="weak")
    here = factorize(movie_night, rank=3, blanks="weak").canonical()
    free, there = beside.run_if_free("fit", go_on, 1, ratings=movie_night, settings=settings)
    assert free and there.W.tobytes() == here.W.tobytes() and there.H.tobytes() == here.H.tobytes()
    with beside.lock:
        assert beside.run_if_free("fit", go_on, 0.01, ratings=movie_night, settings=settings) == (False, None)
    assert apart.fit(movie_night, settings, go_on).W.tobytes() == here.W.tobytes()  # no process: here
    assert apart.fit(movie_night, settings, lambda *progress: False) is None
