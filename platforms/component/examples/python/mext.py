"""mext in wasmtime: one instance of the component is one node.

What wasmtime-py makes of the WIT (dist/component/mext.wit): a record is a `Record` whose attributes are the WIT's
names, an enum is its name, an option is None or the value, list<u8> is bytes, a variant is a `Variant` of its case.
Where the cases of a variant have different Python types, as in result<list<order>, refusal>, it is the value alone.
"""

from pathlib import Path

from wasmtime import Engine, Store
from wasmtime.component import Component, Linker, Record, Variant

INTERFACE = "mext:core/{0}@0.1.0"


class Refused(Exception):
    """The engine refused a command: the refusal's name in engine.wit."""


def record(**fields):
    """A record; `home_address` stands for the WIT's `home-address`."""
    made = Record()
    for name, value in fields.items():
        setattr(made, name.replace("_", "-"), value)
    return made


class Mext:
    """The component, compiled once for all its instances."""

    def __init__(self, path):
        self.engine = Engine()
        self.component = Component(self.engine, Path(path).read_bytes())

    def instance(self):
        return Instance(self)


class Instance:
    """An instance: linear memory of its own, room for one engine and any number of codecs."""

    def __init__(self, mext):
        self.store = Store(mext.engine)
        self.instance = Linker(mext.engine).instantiate(self.store, mext.component)
        self.functions = {}

    def call(self, interface, function, *arguments):
        """Calls a function by its name in the WIT, as `[method]engine.tick`; `arguments` begin with the resource."""
        key = (interface, function)
        if key not in self.functions:
            place = self.instance.get_export_index(self.store, INTERFACE.format(interface))
            index = self.instance.get_export_index(self.store, function, place)
            self.functions[key] = self.instance.get_func(self.store, index)
        called = self.functions[key]
        result = called(self.store, *arguments)
        called.post_return(self.store)
        return result


class Codec:
    """Packets field by field."""

    def __init__(self, mext):
        self.instance = mext.instance()
        self.codec = self.instance.call("codec", "[constructor]codec")

    def encode(self, *layers):
        """The octets of a packet. A layer is (name, {field: value}), or with a depth in front: (1, name, fields)."""
        given = []
        for layer in layers:
            depth, name, fields = layer if len(layer) == 3 else (0, *layer)
            values = [record(name=field, value=self._value(value)) for field, value in fields.items()]
            given.append(record(name=name, depth=depth, fields=values))
        answer = self.instance.call("codec", "[method]codec.encode", self.codec, given)
        if not isinstance(answer, bytes):
            raise ValueError(f"layer {answer.layer}, field {answer.field}: {answer.refusal}")
        return answer

    def dissect(self, packet):
        return self.instance.call("codec", "[method]codec.dissect", self.codec, packet, "raw")

    @staticmethod
    def _value(value):
        if isinstance(value, bool):
            return Variant("flag", value)
        if isinstance(value, int):
            return Variant("number", value)
        if isinstance(value, bytes):
            return Variant("octets", value)
        return Variant("address", value.packed)


BUDGETS = record(
    slots=64, slot_bytes=2048, output_bytes=65536, max_bindings=64, max_nodes=64, reassemblies=4,
)


class Node:
    """An engine, and what it ordered: the driving law is that orders are carried out before the next call."""

    def __init__(self, mext, role, now_ms, entropy):
        self.instance = mext.instance()
        answer = self.instance.call("engine", "[static]engine.start", role, now_ms, entropy, BUDGETS)
        if isinstance(answer, str):
            raise Refused(answer)
        self.engine = answer

    def call(self, function, *arguments):
        return self.instance.call("engine", f"[method]engine.{function}", self.engine, *arguments)

    def command(self, now_ms, case, content=None):
        """Carries out a command; returns its orders."""
        answer = self.call("command", now_ms, Variant(case, content))
        if isinstance(answer, str):
            raise Refused(f"{case}: {answer}")
        return answer

    def receive(self, now_ms, device, packet):
        return self.call("process", now_ms, [record(device=device, payload=Variant("packet", packet))])
