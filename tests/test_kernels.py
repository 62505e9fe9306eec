"""The command that runs the numeric tests as other processors would; the runs themselves are made in `.ci/run`."""

from __future__ import annotations

import os

import numpy as np
import pytest
from scipy import sparse

from tests import kernels
from tests.kernels import Run

TINY = """
import os, pathlib
import numpy as np
from threadpoolctl import threadpool_info

def test_that_passes():
    assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {3}
    assert not pathlib.Path(os.environ["NUMBA_CACHE_DIR"]).exists()
    assert "OPENBLAS_L2_SIZE" not in os.environ

def test_that_fails():
    A = np.arange(12.0).reshape(4, 3)
    U, S, Vt = np.linalg.svd(A, full_matrices=False)
    assert np.allclose(U * S @ Vt, A, rtol=1e-12, atol=1e-12), "bent by more than last digits"
    raise AssertionError("as it is to")
"""


def test_runs_are_written_as_a_processor_and_its_threads():
    runs = kernels.every_run()
    assert [Run.of(str(run)) for run in runs] == runs
    assert Run.of(" nehalem ") == Run("Nehalem", 1)
    assert len(runs) == 2 * len(kernels.PROCESSORS)


@pytest.mark.parametrize("text", ["", "Pentium:1", "Haswell:0", "Haswell:many", "Haswell:1:2"])
def test_what_is_no_run_is_said(text, capsys):
    with pytest.raises(SystemExit) as ended:
        kernels.main(["--only", f"{text},Nehalem:1"])
    assert ended.value.code == 2
    assert f"{text!r} is no run" in capsys.readouterr().err


def test_a_processor_whose_instructions_are_not_here_is_skipped_aloud(tmp_path, monkeypatch, capsys):
    (tmp_path / "cpuinfo").write_text("model name\t: x\nflags\t\t: fpu sse4_2 popcnt avx2 pni\n")
    flags = kernels.flags_here(tmp_path / "cpuinfo")
    assert kernels.lacking(Run("Nehalem", 1), flags) == ""
    assert "avx512f" in kernels.lacking(Run("SkylakeX", 1), flags)
    assert kernels.flags_here(tmp_path / "none") == frozenset()
    assert "no telling" in kernels.lacking(Run("Nehalem", 1), frozenset())
    assert kernels.lacking(Run("Shaken", 1), frozenset()) == ""
    monkeypatch.setattr(kernels, "flags_here", lambda: flags)
    assert kernels.main(["--only", "SkylakeX:4"]) == 0
    assert capsys.readouterr().out.startswith("SkylakeX:4     skipped: no fma ")


def test_a_run_has_nothing_of_this_machines_own_settings(monkeypatch):
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "NPY_DISABLE_CPU_FEATURES", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "x")
    dispatched = ["X86_V3", "X86_V4", "AVX512_ICL"]
    own = {name: kernels.environment(Run(name, 4), dispatched, "here") for name in kernels.PROCESSORS}
    for name, told in own.items():
        assert "OPENBLAS_L2_SIZE" not in told
        assert "OMP_NUM_THREADS" not in told
        assert told["OPENBLAS_NUM_THREADS"] == "4"
        assert told["NUMBA_CACHE_DIR"] == "here/numba"
        assert told.get("OPENBLAS_CORETYPE") == (None if name == "Shaken" else name)
        assert told["PATH"] == os.environ["PATH"]
    assert own["Nehalem"]["NPY_DISABLE_CPU_FEATURES"] == "X86_V3 X86_V4 AVX512_ICL"
    assert own["Haswell"]["NPY_DISABLE_CPU_FEATURES"] == "X86_V4 AVX512_ICL"
    assert "NPY_DISABLE_CPU_FEATURES" not in own["SkylakeX"]
    assert own["Nehalem"]["NUMBA_CPU_NAME"] == "nehalem"


def test_shaking_bends_the_last_digits_the_same_way_each_time(monkeypatch):
    A = np.random.default_rng(0).random((6, 4))
    svd, plain = np.linalg.svd, sparse.csr_array(A) @ A.T
    kernels.shake(1, monkeypatch.setattr)
    (U, S, Vt), exact = np.linalg.svd(A, full_matrices=False), svd(A, full_matrices=False)
    assert (exact[0] != U).any()
    np.testing.assert_allclose(U * S @ Vt, A, atol=1e-14)
    np.testing.assert_allclose(np.abs(U), np.abs(exact[0]), rtol=1e-14)
    for again, once in zip(np.linalg.svd(4 * A, full_matrices=False), (U, 4 * S, Vt), strict=True):
        assert (again == once).all()
    bent = sparse.csr_array(A) @ A.T
    assert (bent != plain).any()
    np.testing.assert_allclose(bent, plain, rtol=1e-15)
    assert (sparse.csr_array(A[2:4]) @ A.T == bent[2:4]).all()  # whatever the other rows are


def test_a_tiny_run_says_what_it_ran_on_and_which_test_failed(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1024")
    (tmp_path / "test_tiny.py").write_text(TINY)
    (tmp_path / "kept").mkdir()
    asked = ["--only", "Shaken:3", "--keep", str(tmp_path / "kept"), str(tmp_path / "test_tiny.py")]
    assert kernels.main(asked) == 1
    line, failed, *_ = capsys.readouterr().out.splitlines()
    assert "×3" in line and "shaken" in line and "1 passed, 1 failed" in line
    assert failed.endswith("test_tiny.py::test_that_fails")
    assert "AssertionError: as it is to" in (tmp_path / "kept" / "Shaken-3.txt").read_text()
