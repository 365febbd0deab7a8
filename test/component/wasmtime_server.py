"""Runs the component in wasmtime for test/component/wasmtime.ts: one engine at a time, one call a frame.

    python3 wasmtime_server.py COMPONENT REQUESTS ANSWERS [plain]      (file descriptors)

With `plain`, wasmtime-py is used as it is; without, it is made to remember types and to take octets at once.
"""

import base64
import ctypes
import json
import os
import sys
from functools import cached_property
from pathlib import Path

from wasmtime import Trap, WasmtimeError
from wasmtime import _ffi as ffi
from wasmtime.component import Func, Record, Variant
from wasmtime.component import _types as types

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "platforms/component/examples/python"))
from mext import Mext, record  # noqa: E402


def ask_once(cls, *names):
    """wasmtime-py asks the library for its types with every value; they do not change."""
    for name in names:
        once = cached_property(cls.__dict__[name].fget)
        once.__set_name__(cls, name)
        setattr(cls, name, once)


def remember(cls, name):
    """The same for a method without arguments that count."""
    original = getattr(cls, name)

    def remembered(self, *arguments):
        key = f"_remembered_{name}"
        if key not in self.__dict__:
            self.__dict__[key] = original(self, *arguments)
        return self.__dict__[key]

    setattr(cls, name, remembered)


# Octets at once instead of one by one: each is a value of so many octets, its kind and the number.
VALUE_BYTES = ctypes.sizeof(ffi.wasmtime_component_val_t)
NUMBER_AT = ffi.wasmtime_component_val_t.of.offset


def value_of(octet):
    value = ffi.wasmtime_component_val_t()
    value.kind = ffi.WASMTIME_COMPONENT_U8
    value.of.u8 = octet
    return ctypes.string_at(ctypes.byref(value), VALUE_BYTES)


VALUES = [value_of(octet) for octet in range(256)]
list_to_c, list_from_c = types.ListType.convert_to_c, types.ListType.convert_from_c


def octets_to_c(self, store, val, ptr):
    if not self._is_bytes():
        return list_to_c(self, store, val, ptr)
    raw = ffi.wasmtime_component_vallist_t()
    ffi.wasmtime_component_vallist_new_uninit(raw, len(val))
    ctypes.memmove(raw.data, b"".join([VALUES[octet] for octet in val]), len(val) * VALUE_BYTES)
    ptr.contents.kind = ffi.WASMTIME_COMPONENT_LIST
    ptr.contents.of.list = raw


def octets_from_c(self, c):
    if not self._is_bytes():
        return list_from_c(self, c)
    size = c.of.list.size
    octets = ctypes.string_at(c.of.list.data, size * VALUE_BYTES)[NUMBER_AT::VALUE_BYTES] if size else b""
    ffi.wasmtime_component_vallist_delete(ctypes.byref(c.of.list))
    return octets


def hasten():
    ask_once(types.ListType, "element")
    ask_once(types.RecordType, "fields")
    ask_once(types.VariantType, "cases")
    ask_once(types.OptionType, "payload")
    ask_once(types.ResultType, "ok", "err")
    ask_once(types.FuncType, "params", "result")
    for each in (types.VariantType, types.OptionType, types.ResultType):
        remember(each, "_tagged")
        remember(each, "_cases")
    remember(types.ListType, "_is_bytes")
    remember(Func, "type")
    types.ListType.convert_to_c, types.ListType.convert_from_c = octets_to_c, octets_from_c


def camel(name):
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)


def kebab(name):
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)


def plain(value):
    """What JSON can say, with names as jco has them."""
    if isinstance(value, bytes):
        return {"octets": base64.b64encode(value).decode()}
    if isinstance(value, Variant):
        return {"tag": value.tag, "val": plain(value.payload)}
    if isinstance(value, Record):
        return {camel(name): plain(each) for name, each in value.__dict__.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def rich(value):
    """The other way round; dictionaries with a tag are variants."""
    if isinstance(value, dict):
        if "octets" in value:
            return base64.b64decode(value["octets"])
        if "tag" in value:
            return Variant(value["tag"], rich(value.get("val")))
        return record(**{kebab(name): rich(each) for name, each in value.items()})
    if isinstance(value, list):
        return [rich(each) for each in value]
    return value


class Server:
    def __init__(self, path):
        self.mext = Mext(path)
        self.instance = None
        self.engine = None
        self.batches = {}

    def answer(self, name, *given):
        if name == "start":
            role, now, entropy, budgets = given
            self.instance = self.mext.instance()
            started = self.instance.call("engine", "[static]engine.start", role, float(now), rich(entropy), rich(budgets))
            if isinstance(started, str):
                return {"refused": started}
            self.engine = started
            return {"ok": True}
        if name in ("load", "repeat"):
            return {"ok": getattr(self, name)(*given)}
        arguments = [rich(each) for each in given]
        if name in ("rawCommand", "process", "tick", "importState"):
            arguments[0] = float(arguments[0])
        result = self.instance.call("engine", f"[method]engine.{kebab(name)}", self.engine, *arguments)
        if name == "rawCommand" and isinstance(result, str):
            return {"refused": result}
        return {"ok": plain(result)}

    def load(self, name, inputs):
        """Takes a batch for `repeat`."""
        self.batches[name] = rich(inputs)

    def repeat(self, name, times, now):
        """Processes a batch again and again, for measuring; returns the orders of the last time."""
        batch, orders = self.batches[name], []
        for _ in range(times):
            orders = self.instance.call("engine", "[method]engine.process", self.engine, float(now), batch)
        return len(orders)


def read(file, length):
    octets = b""
    while len(octets) < length:
        more = os.read(file, length - len(octets))
        if not more:
            sys.exit(0)
        octets += more
    return octets


def write(file, octets):
    while octets:
        octets = octets[os.write(file, octets):]


def main():
    if "plain" not in sys.argv[4:]:
        hasten()
    server = Server(sys.argv[1])
    requests, answers = int(sys.argv[2]), int(sys.argv[3])
    while True:
        request = json.loads(read(requests, int.from_bytes(read(requests, 4), "little")))
        try:
            answer = server.answer(*request)
        except (Trap, WasmtimeError) as error:
            answer = {"trapped": str(error)}
        octets = json.dumps(answer).encode()
        write(answers, len(octets).to_bytes(4, "little") + octets)


if __name__ == "__main__":
    main()
