"""Sums up what perf saw of the engine's thread, and of the thread that helps it, as milliseconds of one call.

perf script -F comm,tid,ip,sym,dso | python3 summarize_profile.py LOG          # LOG has lines "median ms 12.3"
"""

import collections
import re
import statistics
import sys

LINE = re.compile(r"\s*(\S+)\s+(\d+)\s+[0-9a-f]+\s+(.*)\s+\((.*)\)$")
# The first that fits: a pattern for "library symbol", and what it is.
KINDS = [
    (r"^(perf-\d+\.map|\[JIT\]|\[unknown\]|//anon)", "products: oneDNN's kernels, generated at run time"),
    (r"^libgomp", "waiting for the other thread"),
    (r"mkl_|flash_attention", "attention"),
    (r"layer_?norm|RowwiseMoments", "norms"),
    (r"silu|gelu|Sleef|tanh", "activation"),
    (r"Imaging|pack_rgb|upsample", "resize"),
    (r"dnnl|ideep|mkldnn", "calls of oneDNN"),
    (r"_kernel|vectorized_loop|serial_for_each", "sums, scales, quantization, copies"),
    (r"^\[kernel|^\[k\]", "operating system"),
    (r"^libc\.|malloc|free", "memory"),
    (r"jit|IValue|Dispatcher|boxed|InterpreterState|OperatorEntry", "interpreter of TorchScript"),
]


def main():
    log = open(sys.argv[1]).read()
    total = statistics.median(float(m) for m in re.findall(r"median ms ([\d.]+)", log))
    threads = collections.defaultdict(collections.Counter)
    for line in sys.stdin:
        match = LINE.match(line.rstrip())
        if match and match[1].startswith("zsic-engine"):
            what = f"{match[4].split('/')[-1]} {match[3]}"
            kind = next((k for pattern, k in KINDS if re.search(pattern, what)), "everything else")
            threads[int(match[2])][kind] += 1
    # The helper's samples count in the time of the engine's own thread, which is in a call all the time.
    own = min(threads)
    samples = sum(threads[own].values())
    helper = collections.Counter()
    for thread, counts in threads.items():
        if thread != own:
            helper.update(counts)
    print(f"{total:.1f} ms for each call\n")
    print("| ms | ms of the helping thread | |\n| ---: | ---: | --- |")
    for kind, count in threads[own].most_common():
        print(f"| {total * count / samples:.1f} | {total * helper[kind] / samples:.1f} | {kind} |")


if __name__ == "__main__":
    main()
