#!/usr/bin/env python3
"""The shared library from Python, by ctypes alone.

    from_python.py [libedgeworth.so [ACTIVATION [DEPTH]]]

Prints V/K^2 of every layer, with certified bounds of V.
"""
import ctypes
import ctypes.util
import sys

path = sys.argv[1] if len(sys.argv) > 1 else ctypes.util.find_library("edgeworth")
activation = sys.argv[2] if len(sys.argv) > 2 else "tanh"
depth = int(sys.argv[3]) if len(sys.argv) > 3 else 5
lib = ctypes.CDLL(path or "libedgeworth.so")
handle, text, real = ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_double)
for name, result, arguments in [
    ("ew_context_new", handle, []),
    ("ew_context_free", None, [handle]),
    ("ew_context_error", text, [handle]),
    ("ew_network_new", ctypes.c_int, [ctypes.POINTER(handle), handle]),
    ("ew_network_free", None, [handle]),
    ("ew_network_set", ctypes.c_int, [handle, text, text, handle]),
    ("ew_cumulants", ctypes.c_int, [ctypes.POINTER(handle), handle, handle]),
    ("ew_result_double", ctypes.c_int, [real, real, real, handle, text]),
    ("ew_result_free", None, [handle]),
]:
    function = getattr(lib, name)
    function.restype, function.argtypes = result, arguments

ctx = lib.ew_context_new()
net, res = handle(), handle()


def check(status):
    if status != 0:
        sys.exit(lib.ew_context_error(ctx).decode())


def number(path):
    """The nearest double, and bounds."""
    x = [ctypes.c_double() for _ in range(3)]
    check(lib.ew_result_double(*map(ctypes.byref, x), res, path.encode()))
    return [v.value for v in x]


check(lib.ew_network_new(ctypes.byref(net), ctx))
for name, value in [("activation", activation), ("depth", str(depth)), ("digits", "20")]:
    check(lib.ew_network_set(net, name.encode(), value.encode(), ctx))
check(lib.ew_cumulants(ctypes.byref(res), net, ctx))
for layer in range(depth):
    v, low, high = number(f"result.layers[{layer}].V")
    k = number(f"result.layers[{layer}].K")[0]
    assert low <= v <= high
    print(layer + 1, v / k**2, f"V in [{low!r}, {high!r}]")
lib.ew_result_free(res)
lib.ew_network_free(net)
lib.ew_context_free(ctx)
