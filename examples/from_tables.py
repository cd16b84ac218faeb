#!/usr/bin/env python3
"""What the certified tables say, from Python, with nothing but the standard library.

    from_tables.py TABLES.json...

For each activation: its class, C_W, and by how much V/K^2 grows from the second last layer to the
last, in exact decimals: times depth, that is what decides how deep a network of width n may be.
"""
import decimal
import json
import sys

decimal.getcontext().prec = 50


def number(node):
    """The decimal and its bound: the true value is within `bound` of it."""
    value, bound = decimal.Decimal(node["mid"]), decimal.Decimal(node["rad"])
    assert bound >= 0 and (value == 0 or bound <= abs(value))
    return value, bound


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        table = json.load(file)
    name, layers = table["network"]["activation"], table["result"]["layers"]
    critical = table["result"].get("critical", {})
    if len(layers) < 2 or "V" not in layers[-1]:
        print(f"{name}: no first order")
        continue
    ratio = [number(layer["V"])[0] / number(layer["K"])[0] ** 2 for layer in layers[-2:]]
    weight = critical.get("C_W", {}).get("mid", "-")
    print(f"{name}: {critical.get('class', 'none')}, C_W {weight}, "
          f"V/K^2 {ratio[1]:.20} at layer {layers[-1]['layer']}, {ratio[1] - ratio[0]:+.12f} in it")
