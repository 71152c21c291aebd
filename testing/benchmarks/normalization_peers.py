#!/usr/bin/env python3
"""numpy and torch beside the library's call, in turn, each where installed.

    python3 testing/benchmarks/normalization_peers.py build/release/bin/normalization_benchmark

The call is timed by the benchmark (--call-only), which runs beside this script as a process of its own: neither loads
the other's threads. Every contender makes a fresh output of 256^3 floats, with 2 threads where it uses threads.
"""

import statistics
import subprocess
import sys
import time

TURNS = 9
EDGE = 256


def milliseconds(run):
    bytearray(4 * EDGE**3)  # as the benchmark does: memory that a host has to find is not laid to the contender
    time.sleep(0.01)
    start = time.perf_counter()
    result = run()
    stop = time.perf_counter()
    del result
    return 1e3 * (stop - start)


def peers():
    found = {}
    try:
        import numpy
    except ImportError:
        print("numpy is not installed", file=sys.stderr)
        return found
    volume = (numpy.arange(EDGE**3, dtype=numpy.uint32) * numpy.uint32(2654435761) >> 20).astype(numpy.float32)
    volume = volume.reshape(EDGE, EDGE, EDGE)
    found["numpy (x - mean) / std"] = lambda: (volume - volume.mean()) / volume.std()
    try:
        import torch
    except ImportError:
        print("torch is not installed", file=sys.stderr)
        return found
    torch.set_num_threads(2)
    tensor = torch.from_numpy(volume)[None, None]
    found["torch instance_norm"] = lambda: torch.nn.functional.instance_norm(tensor)
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    contenders = peers()
    ours = subprocess.Popen([sys.argv[1], "--call-only"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call():
        ours.stdin.write("\n")
        ours.stdin.flush()
        return float(ours.stdout.readline())

    times = {name: [] for name in contenders}
    calls = []
    for turn in range(TURNS + 1):
        measured = {name: milliseconds(run) for name, run in contenders.items()}
        time.sleep(0.05)
        ms = call()
        time.sleep(0.05)
        if turn > 0:  # the first one warms up
            calls.append(ms)
            for name, value in measured.items():
                times[name].append(value)
    ours.stdin.close()
    ours.wait()
    print("| %d^3, fresh output | ms | / call |\n|---|---|---|" % EDGE)
    print("| call | %.1f | 1 |" % statistics.median(calls))
    for name, values in times.items():
        ratio = statistics.median(value / ms for value, ms in zip(values, calls))
        print("| %s | %.1f | %.1f |" % (name, statistics.median(values), ratio))


if __name__ == "__main__":
    main()
