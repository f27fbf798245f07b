"""Plugins in processes of their own without the time of their imports, which are nearly all of a start.

``ForkedPopen`` is a ``subprocess.Popen`` whose child is forked by a server that has imported both plugins
(tests/support/fork_server.py). Each worker of pytest has a server of its own, from the first use on. The child is a
real process: pid, signals, exit code, standard streams, working directory, environment; threads, ``atexit`` and streams
end as at every shutdown of the interpreter. It differs in three things: its parent is the server, all children of a
server have one seed of hashes, and an ordinary end does not finalise what only a variable of a module holds.

A start is a real one for other commands, for coverage of subprocesses, for variables that only a starting interpreter
reads, and for options of Popen that are not passed on here. Tests whose subject is the start, or standard streams that
break, use ``subprocess`` itself.
"""

import atexit
import inspect
import json
import os
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
NUMBER = struct.Struct("!i")
SCRIPTS = [[str(BIN / "tap-medipim")], [str(BIN / "target-micropim")]]
MODULES = [[sys.executable, "-m", name] for name in ("tap_medipim", "target_micropim", "target_micropim.airbyte")]
MEASURES_COVERAGE = "COVERAGE_PROCESS"
READ_AT_THE_START = ("PYTHON", "LANG", "LC_", "LD_", "MALLOC_", "GLIBC_", "OPENSSL_")
ORDINARY = {
    "executable": None, "preexec_fn": None, "close_fds": True, "pass_fds": (), "shell": False, "restore_signals": True,
    "gid": None, "gids": None, "uid": None, "umask": -1, "start_new_session": False, "process_group": -1,
}  # fmt: skip


class ForkServer:
    """The server's side of this process."""

    def __init__(self) -> None:
        self._one_at_a_time = Lock()
        self._socket, theirs = socket.socketpair()
        env = {name: value for name, value in os.environ.items() if not name.startswith(MEASURES_COVERAGE)}
        self.read_at_the_start = read_at_the_start(env)
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, str(ROOT / "tests" / "support" / "fork_server.py"), str(number)]
            null = subprocess.DEVNULL
            self._process = subprocess.Popen(command, stdin=null, stdout=null, cwd=ROOT, env=env, pass_fds=[number])
        atexit.register(self.close)

    def fork(self, request: dict[str, Any], files: list[int]) -> tuple[int, int]:
        """The pid of a new child, and the pipe that will tell its status."""
        body = json.dumps(request).encode()
        told, teller = os.pipe()
        try:
            with self._one_at_a_time:
                socket.send_fds(self._socket, [NUMBER.pack(len(body))], [*files, teller])
                self._socket.sendall(body)
                answer = self._socket.recv(NUMBER.size)
        except OSError:
            os.close(told)
            raise
        finally:
            os.close(teller)
        if not answer:
            os.close(told)
            raise ChildProcessError("the fork server has ended")
        return int(NUMBER.unpack(answer)[0]), told

    def close(self) -> None:
        """Let the server end."""
        self._socket.close()
        self._process.wait(10)


@cache
def server() -> ForkServer:
    """The server of this process, started when it is first needed."""
    return ForkServer()


def read_at_the_start(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that a running interpreter does not look at again."""
    return {name: value for name, value in env.items() if name.startswith(READ_AT_THE_START)}


class ForkedPopen(subprocess.Popen[Any]):
    """A Popen whose child is forked by the server where that makes no difference."""

    _status: int | None = None

    @property
    def is_forked(self) -> bool:
        """Whether the server forked it."""
        return self._status is not None

    def _execute_child(self, *args: Any, **kwargs: Any) -> None:
        bound = inspect.signature(super()._execute_child).bind(*args, **kwargs).arguments  # type: ignore[misc]
        request = forked_request(bound)
        if request is None:
            super()._execute_child(*args, **kwargs)  # type: ignore[misc]
            return
        pipes = [bound[name] for name in ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")]
        files = [number if pipe == -1 else pipe for number, pipe in enumerate((pipes[0], pipes[3], pipes[5]))]
        self.pid, self._status = server().fork(request, files)
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]

    def _internal_poll(self, *args: Any, **kwargs: Any) -> int | None:
        if self._status is None:
            return super()._internal_poll(*args, **kwargs)  # type: ignore[misc, no-any-return]
        if self.returncode is None:
            self._has_ended(0)
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        if self._status is None:
            return super()._wait(timeout)  # type: ignore[misc, no-any-return]
        if self.returncode is None and not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def _has_ended(self, timeout: float | None) -> bool:
        """Whether the status is told within the timeout; several threads may ask."""
        assert self._status is not None
        poll = select.poll()
        poll.register(self._status, select.POLLIN)
        if not poll.poll(None if timeout is None else max(0, timeout * 1000)):
            return False
        with self._waitpid_lock:  # type: ignore[attr-defined]
            if self.returncode is None:
                if not (told := os.read(self._status, NUMBER.size)):
                    raise ChildProcessError("the fork server has ended, and nobody knows the status of its child")
                self.returncode = os.waitstatus_to_exitcode(NUMBER.unpack(told)[0])
        return True

    def __del__(self, *args: Any, **kwargs: Any) -> None:
        super().__del__(*args, **kwargs)
        if self._status is not None and self.returncode is not None:
            os.close(self._status)


def forked_request(bound: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the server is asked for; None where only a real start will do."""
    argv, cwd = bound["args"], bound["cwd"]
    env = dict(os.environ if bound["env"] is None else bound["env"])
    folder = os.getcwd() if cwd is None else os.fsdecode(cwd)  # noqa: PTH109 - as the child would see it
    is_ours = isinstance(argv, list) and (argv[:1] in SCRIPTS or argv[:3] in MODULES) and Path(argv[0]).exists()
    is_ordinary = all(bound.get(name, value) == value for name, value in ORDINARY.items())
    if not (is_ours and is_ordinary and Path(folder).is_dir()):
        return None
    if not all(isinstance(text, str) for text in (*argv, *env, *env.values())):
        return None
    if any(name.startswith(MEASURES_COVERAGE) for name in env) or read_at_the_start(env) != server().read_at_the_start:
        return None
    return {"argv": argv, "cwd": folder, "env": env}


def run_forked(
    command: list[str],
    *,
    input: Any = None,  # noqa: A002 - the names of subprocess.run
    capture_output: bool = False,
    timeout: float | None = None,
    check: bool = False,
    **options: Any,
) -> "subprocess.CompletedProcess[Any]":
    """``subprocess.run`` with a ForkedPopen."""
    if input is not None:
        options["stdin"] = subprocess.PIPE
    if capture_output:
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with ForkedPopen(command, **options) as process:
        try:
            out, err = process.communicate(input, timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(command, process.returncode, out, err)
    if check:
        done.check_returncode()
    return done
