"""The same steps of advection and diffusion by SciPy's sparse LU (SuperLU), in float64 on one thread.

Reads one question a line from stdin, {"matrix": "file.npz", "initial": "file.npy", "result": "file.npy", "steps": n, "d": d,
"dt": dt, "repeats": n}, and answers {"milliseconds": [...], "factorMilliseconds": x, "ordering": "..."} of CPU time. The
matrix M = I + d dt L is that of this project, in CSR; each step of SDIRK2 (R. Alexander 1977) solves

    M Y1 = c,   M Y2 = -sqrt(2) c + (1 + sqrt(2)) Y1,   c' = Y2

for all right-hand sides at once. Of SuperLU's orderings, for a matrix of symmetric pattern, the fastest one is timed.
"""

import json
import os
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
import scipy  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402
from scipy.sparse.linalg import splu  # noqa: E402

ORDERINGS = ("MMD_AT_PLUS_A", "COLAMD", "MMD_ATA")
ROOT2 = np.sqrt(2.0)
known = {}


def factored(file):
    """The fastest of the factorisations, each tried once before, and what it cost."""
    if file in known:
        return known[file]
    data = np.load(file)
    matrix = csr_matrix((data["values"], data["columns"], data["pointers"])).tocsc()
    probe = np.asfortranarray(np.random.default_rng(0).standard_normal((matrix.shape[0], 8)))
    found = []
    for ordering in ORDERINGS:
        symmetric = ordering == "MMD_AT_PLUS_A"
        start = time.process_time()
        lu = splu(matrix, ordering, diag_pivot_thresh=0.0 if symmetric else None, options={"SymmetricMode": symmetric})
        factoring = time.process_time() - start
        lu.solve(probe)
        start = time.process_time()
        for _ in range(3):
            lu.solve(probe)
        found.append((time.process_time() - start, factoring, ordering, lu))
    known[file] = min(found, key=lambda f: f[0])
    return known[file]


def run(lu, initial, steps):
    c = initial
    for _ in range(steps):
        first = lu.solve(c)
        c = lu.solve(-ROOT2 * c + (1 + ROOT2) * first)
    return c


def answer(question):
    _, factoring, ordering, lu = factored(question["matrix"])
    initial = np.load(question["initial"])
    columns = np.asfortranarray(initial.reshape(len(initial), -1).T)
    times = []
    for _ in range(question["repeats"]):
        start = time.process_time()
        result = run(lu, columns, question["steps"])
        times.append(1e3 * (time.process_time() - start))
    np.save(question["result"], np.ascontiguousarray(result.T).reshape(initial.shape))
    return {"milliseconds": times, "factorMilliseconds": 1e3 * factoring, "ordering": ordering}


print(json.dumps({"peer": f"SciPy {scipy.__version__} (SuperLU)"}), flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
