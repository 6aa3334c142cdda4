"""Plain values as JSON, the only thing that passes between a student's code and the tests.

None, booleans, numbers (NaN and the infinities too), strings, lists, tuples, dicts, NumPy arrays, and names
of functions that both sides know. Both processes import this file; that of the tests trusts no byte of it.
"""

from __future__ import annotations

import json
import math

MAX_DEPTH = 20
MAX_ITEMS = 2_000_000
MAX_TEXT = 1_000_000
DTYPES = {"b": "bool", "i": "int64", "u": "int64", "f": "float64", "c": "complex128", "U": "str"}


class NotPlain(TypeError):
    """A value that is none of the above."""


def encode(value, names=None, depth=0):
    """Something that `json.dumps` takes. `names` maps id(function) to the name that the other side knows."""
    import numpy as np

    if depth > MAX_DEPTH:
        raise NotPlain("a value nested too deeply")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise NotPlain("a text of more than a million characters")
        return str(value)
    if isinstance(value, int):
        if abs(value) >= 10**400:
            raise NotPlain("an integer of more than 400 digits")
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, list | tuple):
        items = [encode(item, names, depth + 1) for item in value]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, dict):
        return {
            "dict": [
                [encode(key, names, depth + 1), encode(item, names, depth + 1)] for key, item in value.items()
            ]
        }
    if names and id(value) in names:
        return {"name": names[id(value)]}
    if hasattr(value, "__array__"):  # arrays, and what becomes one: a pandas Series
        array = np.asarray(value)
        if array.dtype.kind not in DTYPES:
            raise NotPlain(f"an array of dtype {array.dtype}")
        flat = array.ravel().tolist()
        if array.dtype.kind == "c":
            flat = [[item.real, item.imag] for item in flat]
        return {"array": flat, "shape": list(array.shape), "dtype": DTYPES[array.dtype.kind]}
    raise NotPlain(f"an object of type {type(value).__name__} (wanted: numbers, text, lists, dicts, arrays)")


def decode(data, resolve=None, depth=0):
    """The value that `encode` was given. Whatever is not of that form raises ValueError."""
    import numpy as np

    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if data is None or isinstance(data, bool | int | float | str):
        return data
    if isinstance(data, list):
        return [decode(item, resolve, depth + 1) for item in data]
    if not isinstance(data, dict):
        raise ValueError("not a value")
    if data.keys() == {"tuple"} and isinstance(data["tuple"], list):
        return tuple(decode(item, resolve, depth + 1) for item in data["tuple"])
    if data.keys() == {"complex"}:
        return complex(*_numbers(data["complex"], 2))
    if data.keys() == {"dict"} and isinstance(data["dict"], list):
        pairs = {}
        for pair in data["dict"]:
            if not isinstance(pair, list) or len(pair) != 2:
                raise ValueError("not a dict")
            key = decode(pair[0], resolve, depth + 1)
            if not isinstance(key, str | int | float | bool | tuple | None):
                raise ValueError("not a key")
            pairs[key] = decode(pair[1], resolve, depth + 1)
        return pairs
    if data.keys() == {"name"} and resolve and isinstance(data["name"], str):
        return resolve(data["name"])
    if data.keys() == {"array", "shape", "dtype"}:
        flat, shape, dtype = data["array"], data["shape"], data["dtype"]
        if (
            dtype not in DTYPES.values()
            or not isinstance(flat, list)
            or not isinstance(shape, list)
            or len(shape) > 8
            or not all(type(n) is int and 0 <= n <= MAX_ITEMS for n in shape)
            or math.prod(shape) != len(flat)
            or len(flat) > MAX_ITEMS
        ):
            raise ValueError("not an array")
        if dtype == "complex128":
            flat = [complex(*_numbers(item, 2)) for item in flat]
        elif dtype == "str":
            if not all(isinstance(item, str) for item in flat):
                raise ValueError("not an array of strings")
        else:
            _numbers(flat, len(flat))
        try:
            return np.array(flat, dtype=dtype).reshape(shape)
        except (OverflowError, TypeError) as error:
            raise ValueError("not an array") from error
    raise ValueError("not a value")


def _numbers(items, length: int) -> list:
    if (
        not isinstance(items, list)
        or len(items) != length
        or not all(isinstance(item, bool | int | float) for item in items)
    ):
        raise ValueError("not numbers")
    return items


def dumps(message) -> bytes:
    return json.dumps(message, ensure_ascii=True).encode() + b"\n"


def loads(line: bytes):
    """JSON or ValueError, whatever the bytes are."""
    try:
        return json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def same(one, two, rtol: float = 1e-6, atol: float = 1e-9) -> bool:
    """Two plain values that agree up to rounding; NaN equals NaN."""
    import numpy as np

    if isinstance(one, str) or isinstance(two, str) or one is None or two is None:
        return type(one) is type(two) and one == two
    if isinstance(one, dict) or isinstance(two, dict):
        return (
            isinstance(one, dict)
            and isinstance(two, dict)
            and one.keys() == two.keys()
            and all(same(one[key], two[key], rtol, atol) for key in one)
        )
    if isinstance(one, list | tuple) and isinstance(two, list | tuple):
        return len(one) == len(two) and all(same(a, b, rtol, atol) for a, b in zip(one, two, strict=True))
    try:
        a, b = np.asarray(one), np.asarray(two)
        return a.shape == b.shape and bool(np.allclose(a, b, rtol, atol, equal_nan=True))
    except (TypeError, ValueError):
        return False
