"""The programs of zsic-core for the tools: imported by Python and run as they are, or packed for torch.jit.load."""

import importlib
import itertools
import re
import struct
import sys
import types
import zipfile
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parents[1] / "zsic-core/src/main/resources/io/github/zsic/engine"

_numbers = itertools.count()


def roles(architecture, kernels="plain"):
    """Which files stand for the modules that others import under another name, as Blueprint.java: for "clip", or for
    "open_clip/vit/text" with its towers."""
    name, *towers = architecture.replace("-", "_").split("/")
    found = {"architecture": name, "kernels": kernels}
    return found | dict(zip(("pictures", "texts"), (f"{name}_{tower}" for tower in towers)))


# --------------------------------------------------------------------------------------------- as they are


def module(architecture):
    """model.py in a package of its own, so that a process may have several programs. Its functions are Python's own: a
    debugger stops in them, and print() prints."""
    name = f"zsic_{next(_numbers)}"
    package = types.ModuleType(name)
    package.__path__ = [str(PROGRAMS)]
    sys.modules[name] = package
    found = importlib.import_module(f"{name}.model")
    files = {role: importlib.import_module(f"{name}.{file}") for role, file in roles(architecture).items()}
    for loaded in [m for n, m in sys.modules.items() if n.startswith(f"{name}.")]:
        for role in files.keys() & vars(loaded).keys():
            setattr(loaded, role, files[role])
    return found


# ------------------------------------------------------------------------------------------------- packed

TOKEN = re.compile(
    r'(?P<purpose>\A""".*?""")'
    r'|(?P<text>""".*?"""|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|#[^\n]*)'
    r"|^(?:from (?P<origin>[\w.]+) )?import (?P<imported>\([^)]*\)|[^\n(#]*)"
    r"|^(?:def|class) (?P<defined>\w+)"
    r"|(?<![\w.])(?<!def )(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?P<call>\(?)"
    r"|(?P<comma>,(?=\s*\n\s*[)\]}]))",
    re.MULTILINE | re.DOTALL,
)

DTYPES = "uint8 int8 int16 int32 int64 float16 float32 float64".split()
TORCH = {f"torch.{name}": str(number) for number, name in enumerate(DTYPES)}
TORCH |= {"torch.bool": "11", "torch.bfloat16": "15", "torch.dtype": "int", "torch.device": "Device"}
FOREIGN = {"F": "torch", "math": "torch", "torch.ops": "ops"}


class Source:
    """ProgramSource.java."""

    def __init__(self, name, taken):
        self.name, self.modules, self.members, self.definitions = name, {}, {}, set()
        self.text = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8")
        for token in TOKEN.finditer(self.text):
            origin = token["origin"] or ""
            if token["defined"]:
                self.definitions.add(token["defined"])
            elif origin.startswith("."):
                for each in re.sub("#.*|[()]", "", token["imported"]).split(","):
                    words = each.split()
                    if words and origin == ".":
                        self.modules[words[-1]] = taken.get(words[-1], words[0])
                    elif words:
                        self.members[words[-1]] = origin[1:]

    def imports(self):
        return {*self.modules.values(), *self.members.values()}

    def packed(self, program):
        return TOKEN.sub(lambda token: self.replacement(token, program), self.text)

    def replacement(self, token, program):
        if token["purpose"] or token["imported"]:
            return "\n" * token[0].count("\n")
        if token["comma"]:
            return ""
        used, call = token["name"], token["call"]
        if not used:
            return token[0]
        module, _, member = used.rpartition(".")
        own = used in self.definitions or used in self.members
        if module in self.modules or (not module and own and (call or used[0].isupper())):
            owner = self.modules[module] if module else self.name
            while member not in program[owner].definitions:
                owner = program[owner].members[member]
            return f"__torch__.zsic.{owner}.{member}{call}"
        if used in TORCH and not call:
            return TORCH[used]
        foreign = next((prefix for prefix in FOREIGN if used.startswith(prefix + ".")), None)
        return FOREIGN[foreign] + token[0][len(foreign) :] if foreign else token[0]


def sources(architecture, kernels="plain"):
    """What torch.jit.load reads, by the names of the files: model.py and whatever the sources import."""
    taken, program, missing = roles(architecture, kernels), {}, ["model"]
    while missing:
        name = missing.pop()
        if name not in program:
            program[name] = Source(name, taken)
            missing += program[name].imports()
    return {name: source.packed(program) for name, source in sorted(program.items())}


def module_pickle():
    """An instance of the class in model.py with empty attributes. Written by hand, as it exists in TorchScript only."""

    def text(value):
        return b"X" + struct.pack("<I", len(value)) + value.encode("ascii")

    empty = {"bool": b"\x89", "str": text(""), "int": b"K\x00", "float": b"G" + bytes(8), "dict": b"}", "list": b"]"}
    body = (PROGRAMS / "model.py").read_text(encoding="utf-8").split("class Model(Module):", 1)[1].split("    def ")[0]
    kinds = re.findall(r"^    (\w+): (\w+)", body, re.MULTILINE)
    # The Java side has the strings last.
    ordered = sorted(kinds, key=lambda kind: kind[1] == "str")
    state = b"".join(text(name) + empty[kind] for name, kind in ordered)
    return b"\x80\x02c__torch__.zsic.model\nModel\n)\x81}(" + state + b"ub."


def write_archive(architecture, target, kernels="plain"):
    """What TorchScriptArchive.java writes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("program/data.pkl", module_pickle())
        for name, source in sources(architecture, kernels).items():
            file.writestr(f"program/code/__torch__/zsic/{name}.py", source)
        file.writestr("program/constants.pkl", b"\x80\x02).")
        file.writestr("program/version", b"3\n")
        file.writestr("program/byteorder", b"little")
