"""Implementations: each way to fail has its own clear words, and the next call is answered."""

import subprocess
import sys
from collections.abc import Iterator
from math import inf, nan
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pytest

from funcnn.laws.calls import Broken, Call, Refused, Returned
from funcnn.laws.implementations import Local, Program, implementation, program
from funcnn.laws.libraries import SUFFIXES

MINE: Final = """
import ctypes, os, sys, time
from fractions import Fraction

def double(x):
    return [2 * value for value in x]

def loud(x):
    print("printed before an answer")
    os.write(1, b"harmless")
    return x

def crash(x):
    print("a last word", file=sys.stderr)
    os._exit(3)

def segfault(x): ctypes.string_at(0)
def leave(x): sys.exit(7)
def hang(x): time.sleep(1000)
def prints_forever(x):
    while True: print("x" * 1000)
def overflow(x): return [value ** 1000 for value in x]
def change(x): x.append(1.0); return x
def rational(x): return [Fraction(1, 3)]
def text(x): return "abc"
def nothing(x): pass
def read(x): return input()
def ragged(x): return [x, x + x]
def both(x, by=1): return [by * sum(x[0]), x[1]]
"""

ONE: Final = Call("double", ([1.5],), templates=("n",), sizes={"n": 1}, lengths=(1,))
DOUBLED: Final = Returned([3.0])


def of(name: str, *arguments: Any, **settings: Any) -> Call:
    return Call(name, arguments or ([1e10],), settings)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mine")
    (path / "mine.py").write_text(MINE)
    return path


@pytest.fixture(scope="module")
def mine(folder: Path) -> Iterator[Program]:
    with implementation(str(folder / "mine.py"), time_limit=0.5) as made:
        yield made


BROKEN: Final = {
    "crash": "ended with exit code 3; last on stderr: a last word",
    "segfault": "ended by SIGSEGV",
    "leave": "ended with exit code 7",
    "hang": "no answer within 0.5 s",
    "prints_forever": "no answer within 0.5 s",
    "rational": "returned a Fraction: Fraction(1, 3)",
    "text": "returned a str: 'abc'",
    "nothing": "returned None",
}


@pytest.mark.parametrize("name", BROKEN)
def test_where_there_is_no_answer_it_says_why_and_the_next_call_is_answered(
    mine: Program, name: str
) -> None:
    assert mine.answer(of(name)) == Broken(BROKEN[name])
    assert mine.answer(ONE) == DOUBLED


def test_an_error_a_change_a_print_and_a_ragged_list_are_answers(mine: Program) -> None:
    why = "(34, 'Numerical result out of range')"
    assert mine.answer(of("overflow")) == Refused("OverflowError", why)
    assert mine.answer(of("change")) == Returned([1e10, 1.0], changed=True)
    assert mine.answer(of("ragged", [2.0])) == Returned([[2.0], [2.0, 2.0]])
    assert mine.answer(of("loud")) == Returned([1e10])
    assert mine.answer(of("read")) == Refused("EOFError", "EOF when reading a line")
    assert mine.answer(of("missing")) == Refused("AttributeError", "there is no function missing")
    assert mine.functions[:2] == ("double", "loud") and mine.arrays == "lists"


def test_a_tuple_a_setting_and_numbers_that_json_lacks_come_through(mine: Program) -> None:
    answer = mine.answer(of("both", ([1.0, 2.0], [nan, -inf, -0.0]), by=2))
    assert repr(answer) == repr(Returned([6.0, [nan, -inf, -0.0]]))


def test_in_this_process_the_rules_are_the_same(folder: Path) -> None:
    space: dict[str, Any] = {}
    exec(MINE, space)
    ours = Local("mine.py", SimpleNamespace(**{name: space[name] for name in space}))
    for name in ("rational", "text", "nothing", "leave"):
        assert ours.answer(of(name)) == Broken(BROKEN[name])
    given = [1.0]
    assert ours.answer(of("change", given)) == Returned([1.0, 1.0], changed=True)
    assert given == [1.0] and ours.answer(ONE) == DOUBLED
    assert Local("np", np, arrays="numpy").answer(of("tanh", [0.0])) == Returned([0.0], "float32")


SPEAKING: Final = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    answer = {"id": request["id"], "result": [5]}
    match request["function"]:
        case "functions": answer["result"] = ["five", "old", "chat", "silent", "worse"]
        case "old": answer["id"] -= 1
        case "chat": print("hello, world " * 10)
        case "silent": print("almost", end=""), sys.exit()
        case "worse": print("[" * 100_000)
    print(json.dumps(answer), flush=True)
"""


def test_a_program_in_any_language_speaks_for_itself(tmp_path: Path) -> None:
    (tmp_path / "five.py").write_text(SPEAKING)
    command = f"{sys.executable} {tmp_path / 'five.py'}"
    with program(command, time_limit=5) as five:
        assert five.name == command and five.arrays == "lists"
        told = [five.answer(of(name)) for name in five.functions]
        assert told[0] == Returned([5], "int")
        assert told[1] == Broken("""printed rubbish: '{"id": 1, "result": [5]}'""")
        assert told[2] == Broken(f"printed rubbish: {('hello, world ' * 10)[:60]!r}")
        assert told[3] == Broken("ended with exit code 0")
        assert told[4] == Broken(f"printed rubbish: {'[' * 60!r}")
        assert five.answer(of("five")) == Returned([5], "int")
        piped = subprocess.run(five.snippet(ONE), shell=True, capture_output=True, text=True)
        assert piped.stdout == '{"id": 1, "result": [5]}\n'


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("missing.py", "^missing.py: no such file$"),
        ("missing.so", "^missing.so: no such file$"),
        ("missing.py:kernels", "^missing.py:kernels: no such file$"),
        ("no_such_module", "No module named 'no_such_module': give FILE.py, a module, a library"),
        ("torch", "^torch: ModuleNotFoundError: No module named 'torch': name a Python that has"),
        ("wrong.py", "^wrong.py: SyntaxError: .*wrong.py, line 1"),
        ("needing.py", "^needing.py: ModuleNotFoundError: No module named 'foo'$"),
        ("exiting.py", "^exiting.py: ended with exit code 4$"),
        ("empty.so", "^empty.so: OSError: .*empty.so"),
        ("math:nothing", "^math:nothing: AttributeError: module 'math' has no attribute 'nothing'"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, words: str
) -> None:
    (tmp_path / "wrong.py").write_text("def softmax(x)\n")
    (tmp_path / "needing.py").write_text("import foo\n")
    (tmp_path / "exiting.py").write_text("import os; os._exit(4)\n")
    (tmp_path / "empty.so").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=words) as refused:
        implementation(target)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-command", "^no-such-command: no-such-command: No such file or directory$"),
        ("echo hello", "^echo hello: printed rubbish: 'hello'$"),
        ("true", "^true: ended with exit code 0$"),
        ("""sh -c 'echo "{\\"id\\": 0}"; cat'""", ": says not what functions it has$"),
    ],
)
def test_a_program_that_speaks_no_protocol_is_refused(command: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        program(command)


def test_a_program_that_says_nothing_is_not_waited_for() -> None:
    start = monotonic()
    with pytest.raises(ValueError, match="^sleep 1000: no answer within 0.2 s$"):
        program("sleep 1000", start_limit=0.2)
    assert monotonic() - start < 5


def test_where_it_cannot_be_started_again_a_call_says_why(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    with implementation(str(tmp_path / "mine.py")) as made:
        (tmp_path / "mine.py").write_text("import foo\n")
        assert made.answer(of("crash")) == Broken(BROKEN["crash"])
        answer = made.answer(ONE)
        assert isinstance(answer, Broken) and answer.why.endswith("No module named 'foo'")


def test_a_process_ends_with_what_it_started_and_with_python(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import os, subprocess\nchild = subprocess.Popen(['sleep', '1000'])\n"
        "def ids(): return [os.getpid(), child.pid]\n"
    )
    script = (
        "from funcnn.laws.implementations import implementation\n"
        "from funcnn.laws.calls import Call\n"
        "mine = implementation('mine.py')\nprint(*mine.answer(Call('ids', ())).value)"
    )
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    processes, limit = [*map(int, done.stdout.split())], monotonic() + 5
    while any(map(is_running, processes)):
        assert len(processes) == 2 and monotonic() < limit


def is_running(process: int) -> bool:
    """Whether there is such a process, and it is no zombie that nobody has looked after yet."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_the_lines_of_a_snippet_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(folder)
    (tmp_path / "arrays.py").write_text(
        "import numpy as np\nARRAYS = 'numpy'\nexp = np.exp\nclass K:\n"
        "    def pick(x, w): return w[0][x[0]] * w[1]\n"
    )
    calls = [
        ("mine.py", of("both", ([1.0, inf], [nan, -inf, -0.0]), by=2)),
        (str(tmp_path / "arrays.py"), of("exp", [0.0])),
        (
            str(tmp_path / "arrays.py") + ":K",
            Call("pick", (([1],), ([1.0, 2.5], 3.0)), templates=(("< v",), ("v", ""))),
        ),
        ("numpy", of("softmax", [1.0, 2.0])),
        ("numpy", Call("embedding", ([1, 0], [[0.5], [2.0]]), templates=("n < v", "v d"))),
    ]
    for target, call in calls:
        with implementation(target) as made:
            lines = made.snippet(call).splitlines()
            assert all(line.startswith(">>> ") for line in lines)
            *before, last = [line.removeprefix(">>> ") for line in lines]
            script = "\n".join([*before, f"result = {last}"])
            space: dict[str, Any] = {}
            monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
            exec(script, space)
            answer = made.answer(call)
            assert isinstance(answer, Returned)
            assert repr(answer.value) == repr([*map(plain, space["result"])])


def plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def test_numpys_own_functions_are_called_by_their_names() -> None:
    with implementation("numpy", format_name="binary64") as ours:
        assert ours.snippet(of("matmul", [[1.0]], [[nan]])).splitlines() == [
            ">>> import numpy as np",
            ">>> np.matmul(np.array([[1.0]], dtype=np.float64), "
            'np.array([[float("nan")]], dtype=np.float64))',
        ]
        answer = ours.answer(of("matmul", [[0.1]], [[3.0]]))
        assert answer == Returned([[0.1 * 3.0]], "float64")


KERNELS: Final = """
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
void matmul(const float *a, const float *b, float *out, size_t m, size_t k, size_t n) {
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            float sum = 0;
            for (size_t l = 0; l < k; l++) sum += a[i * k + l] * b[l * n + j];
            out[i * n + j] = sum;
        }
}
void linear(const float *x, const float *w, float *out, size_t i, size_t o) { out[o] = x[0]; }
void dense(const float *x, const float *w, float *out, size_t i, size_t o) { out[-1] = x[0]; }
void softmax(float *x, float *out, size_t n) { out[0] = exp(x[0]); x[0] = 0; }
void embedding(const int64_t *at, const float *w, float *out, size_t n, size_t v, size_t d) {
    for (size_t i = 0; i < n * d; i++) out[i] = w[at[i / d] * d + i % d];
}
"""


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    path = tmp_path_factory.mktemp("kernels")
    (path / "kernels.c").write_text(KERNELS)
    words = ["cc", "-shared", "-fPIC", "-O1", "kernels.c", "-o", "kernels.so", "-lm"]
    subprocess.run(words, cwd=path, check=True)
    with implementation(str(path / "kernels.so")) as made:
        yield made


MATMUL: Final = Call(
    "matmul",
    ([[1.0, 2.0], [3.0, 4.0]], [[5.0], [inf]]),
    templates=("m k", "k n"),
    sizes={"m": 2, "k": 2, "n": 1},
    lengths=(2, 1),
)


def test_a_c_library_offers_what_it_defines_itself(kernels: Program) -> None:
    """It is linked with the exp of C, which is for numbers."""
    assert {*kernels.functions} == {"matmul", "linear", "dense", "softmax", "embedding"}
    assert kernels.arrays == "c"


def test_a_c_function_is_called_with_pointers_and_sizes(kernels: Program) -> None:
    assert kernels.answer(MATMUL) == Returned([[inf], [inf]], "float32")
    finite = Call("matmul", ([[0.1, 2.0]], [[1.0], [2.0]]), {}, *MATMUL_OF_ONE)
    assert kernels.answer(finite) == Returned([[float(np.float32(0.1) + 4)]], "float32")
    table = Call(
        "embedding",
        ([0, 1], [[0.5], [2.0]]),
        templates=("n < v", "v d"),
        sizes={"n": 2, "v": 2, "d": 1},
        lengths=(2, 1),
    )
    assert kernels.answer(table) == Returned([[0.5], [2.0]], "float32")


MATMUL_OF_ONE: Final[Any] = (("m k", "k n"), {"m": 1, "k": 2, "n": 1}, (1, 1))


def test_what_a_c_function_must_not_do_is_told(kernels: Program) -> None:
    of_one: Any = (("i", "o i"), {"i": 1, "o": 2}, (2,))
    for name in ("linear", "dense"):
        call = Call(name, ([1.0], [[1.0], [2.0]]), {}, *of_one)
        assert kernels.answer(call) == Broken("wrote beyond its output")
    changing = Call("softmax", ([1.0, 2.0],), {}, ("n",), {"n": 2}, (2,))
    answer = kernels.answer(changing)
    assert isinstance(answer, Returned) and answer.changed and answer.value[1] != answer.value[1]
    refused = kernels.answer(of("softmax", [1.0], axis=1))
    assert isinstance(refused, Refused) and refused.message.endswith("wrap it in Python")


def test_the_snippet_of_a_c_function_compiles_and_runs(kernels: Program, tmp_path: Path) -> None:
    prototype, *statements = kernels.snippet(MATMUL).splitlines()
    includes = "".join(f"#include <{name}.h>\n" for name in ("math", "stddef", "stdio"))
    body = "\n".join([*statements, 'printf("%g %g", out[0], out[1]);'])
    (tmp_path / "snippet.c").write_text(f"{includes}{prototype}\nint main(void) {{\n{body}\n}}\n")
    library = next(word for word in kernels.command if word.endswith(SUFFIXES))
    subprocess.run(["cc", "snippet.c", library, "-o", "snippet"], cwd=tmp_path, check=True)
    done = subprocess.run([str(tmp_path / "snippet")], capture_output=True, text=True)
    assert done.stdout == "inf inf"


def test_another_python_may_be_named_as_a_path_or_as_a_command(folder: Path) -> None:
    for python in (sys.executable, f"{sys.executable} -X utf8"):
        with implementation(str(folder / "mine.py"), python=python) as made:
            assert made.answer(ONE) == DOUBLED
    with implementation("numpy", python=sys.executable) as made:
        adding, *_, importing, _ = made.snippet(of("softmax", [1.0])).splitlines()
    assert "sys.path.append" in adding and importing == ">>> from numpy_functions import softmax"
