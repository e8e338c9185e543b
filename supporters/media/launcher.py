"""Puts limits on this process, then becomes the command it was given.

Started by path as ``python -I -S launcher.py SPEC COMMAND [ARGUMENT ...]``; SPEC is JSON written by ``sandbox.py``.
A separate program, because the worker has threads: between fork and exec of a threaded process no Python may run
(``preexec_fn``). It imports only the standard library, little of that: it starts before every look and conversion.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import resource
import signal
import stat
import struct
import sys
from collections.abc import Sequence
from typing import Any

# linux/prctl.h, linux/securebits.h, linux/capability.h
PR_SET_PDEATHSIG = 1
PR_GET_SECCOMP = 21
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_SECUREBITS = 28
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
SECUREBITS_NO_ROOT_LOCKED = 0b11  # SECBIT_NOROOT and its lock: exec as root gives no capability back
LAST_CAPABILITY = 63
CAPABILITY_VERSION_3 = 0x20080522

# linux/filter.h and linux/seccomp.h
LOAD_WORD, JUMP_EQUAL, JUMP_ABOVE, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, EACCES, ENOSYS = 1, 13, 38
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data; arguments are 8 bytes each
CLONE_THREAD = 0x00010000
X32_BIT = 0x40000000

EXIT_NOT_STARTED = 126

# Refused in every child: another process, the network (io_uring can open sockets too), other processes' memory and
# signals, leaving the process group, wider limits, and what only an administrator needs. Columns: x86_64, aarch64;
# -1 where that architecture has no such call.
NETWORK = {
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "bind": (49, 200),
    "listen": (50, 201),
    "socketpair": (53, 199),
    "accept4": (288, 242),
    "sendmmsg": (307, 269),
}
FORBIDDEN = {
    "fork": (57, -1),
    "vfork": (58, -1),
    "kill": (62, 129),
    "ptrace": (101, 117),
    "setpgid": (109, 154),
    "setsid": (112, 157),
    "rt_sigqueueinfo": (129, 138),
    "personality": (135, 92),
    "pivot_root": (155, 41),
    "adjtimex": (159, 171),
    "setrlimit": (160, 164),
    "chroot": (161, 51),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "mount": (165, 40),
    "umount2": (166, 39),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "quotactl": (179, 60),
    "tkill": (200, 130),
    "clock_settime": (227, 112),
    "kexec_load": (246, 104),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "perf_event_open": (298, 241),
    "rt_tgsigqueueinfo": (297, 240),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "setns": (308, 268),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "finit_module": (313, 273),
    "memfd_create": (319, 279),
    "kexec_file_load": (320, 294),
    "bpf": (321, 280),
    "execveat": (322, 281),
    "userfaultfd": (323, 282),
    "pidfd_send_signal": (424, 424),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "mount_setattr": (442, 442),
}
CLONE, CLONE3, EXECVE, TGKILL, PRLIMIT = (56, 220), (435, 435), (59, 221), (234, 131), (302, 261)
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


class Filter:
    """Instructions of a classic BPF program over ``struct seccomp_data``."""

    def __init__(self) -> None:
        self.code: list[tuple[int, int, int, int]] = []

    def load(self, offset: int) -> None:
        self.code.append((LOAD_WORD, 0, 0, offset))

    def answer(self, action: int) -> None:
        self.code.append((RETURN, 0, 0, action))

    def refuse(self, number: int, error: int) -> None:
        """One system call fails with ``error``; the accumulator holds the number before and after."""
        self.code += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | error)]

    def allow_only(self, number: int, *words: tuple[int, int]) -> None:
        """One system call passes only when each word of its arguments (offset, value) is as given."""
        skip = 2 * len(words) + 2
        self.code.append((JUMP_EQUAL, 0, skip, number))
        for done, (offset, value) in enumerate(words):
            self.load(offset)
            self.code.append((JUMP_EQUAL, 0, skip - 2 * done - 3, value))
        self.answer(ALLOW)
        self.answer(ERRNO | EPERM)

    def packed(self) -> bytes:
        return b"".join(struct.pack("=HBBI", *line) for line in self.code)


def argument(index: int, value: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The two words that say a 64-bit argument has this value (both machines are little-endian)."""
    offset = ARGUMENTS + 8 * index
    return (offset, value & 0xFFFFFFFF), (offset + 4, value >> 32)


def build_filter(column: int, architecture: int, command_address: int) -> bytes:
    """The program for one architecture.

    ``execve`` passes only with the very address of the launcher's own command line. After the exec that memory is gone
    and its place was random, so that the command cannot start another program: allowed once, although BPF cannot count.
    """
    program = Filter()
    program.load(ARCHITECTURE)
    program.code.append((JUMP_EQUAL, 1, 0, architecture))
    program.answer(KILL)
    program.load(NUMBER)
    if column == 0:  # The x32 numbers would be a second door to every call.
        program.code.append((JUMP_ABOVE, 0, 1, X32_BIT))
        program.answer(KILL)
    for numbers in NETWORK.values():
        program.refuse(numbers[column], EACCES)
    for numbers in FORBIDDEN.values():
        if numbers[column] >= 0:
            program.refuse(numbers[column], EPERM)
    program.refuse(CLONE3[column], ENOSYS)  # Its flags are behind a pointer; the C library falls back to clone.
    program.allow_only(EXECVE[column], *argument(0, command_address))
    program.allow_only(TGKILL[column], *argument(0, os.getpid()))  # abort() signals the process itself
    program.allow_only(PRLIMIT[column], *argument(2, 0))  # reading a limit, never setting one
    program.code += [
        (JUMP_EQUAL, 0, 4, CLONE[column]),
        (LOAD_WORD, 0, 0, ARGUMENTS),
        (AND, 0, 0, CLONE_THREAD),
        (JUMP_EQUAL, 0, 1, 0),
        (RETURN, 0, 0, ERRNO | EPERM),
    ]
    program.answer(ALLOW)
    return program.packed()


# linux/landlock.h; the system call numbers are the same on all machines.
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_VERSION = 1
PATH_BENEATH = 1
FILE_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15}  # how many rights exist; later versions: 16
EXECUTE, WRITE, READ, LIST, TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
NEEDS_DIRECTORY = ~(EXECUTE | WRITE | READ | TRUNCATE | 1 << 15)
NO_TCP, NO_SIGNALS_NOR_SOCKETS = 0b11, 0b11


def confine(libc: ctypes.CDLL, scratch: str, readable: Sequence[str]) -> bool:
    """Leave of the file system: ``scratch`` to write, ``readable`` to read; False where the kernel cannot (Landlock).

    The settings, the database and other people's uploads are then out of reach of a decoder that was taken over.
    """
    version = libc.syscall(LANDLOCK_CREATE, None, 0, LANDLOCK_VERSION)
    if version < 1:
        return False
    rights = (1 << FILE_RIGHTS_BY_VERSION.get(version, 16)) - 1
    words = [rights, *([NO_TCP] if version >= 4 else []), *([NO_SIGNALS_NOR_SOCKETS] if version >= 6 else [])]
    attributes = struct.pack(f"={len(words)}Q", *words)
    ruleset = libc.syscall(LANDLOCK_CREATE, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    allowed = [(scratch, rights & ~EXECUTE), ("/dev/null", READ | WRITE)]
    allowed += [(path, EXECUTE | READ | LIST) for path in readable]
    for path, access in allowed:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:  # Not every system has every folder.
            continue
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            access &= ~NEEDS_DIRECTORY
        libc.syscall(LANDLOCK_ADD, ruleset, PATH_BENEATH, struct.pack("=Qi", access & rights, descriptor), 0)
        os.close(descriptor)
    return bool(libc.syscall(LANDLOCK_RESTRICT, ruleset, 0) == 0)


class Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def has_filters(libc: ctypes.CDLL) -> bool:
    """Whether kernel and machine have system call filters that are known here."""
    is_known = os.uname().machine in MACHINES and struct.calcsize("P") == 8
    return is_known and libc.prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0


def install_filter(libc: ctypes.CDLL, command_address: int) -> bool:
    """Install the system call filter for the rest of this process's life; False when it was refused."""
    code = build_filter(*MACHINES[os.uname().machine], command_address)
    program = Program(len(code) // 8, code)
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def drop_capabilities(libc: ctypes.CDLL) -> None:
    """A child of root keeps no capability; a child of anybody else has none to lose."""
    if os.geteuid() != 0:
        return
    libc.prctl(PR_SET_SECUREBITS, SECUREBITS_NO_ROOT_LOCKED, 0, 0, 0)
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    libc.capset(header, bytes(24))


def tasks_of_this_user() -> int:
    """How many threads run under this uid: RLIMIT_NPROC counts them all, not only those of the child."""
    count = 0
    for entry in os.scandir("/proc"):
        try:
            if entry.name.isdigit() and entry.stat().st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{entry.name}/task"))
        except OSError:  # It ended meanwhile.
            continue
    return count


def limit(name: int, value: int, grace: int = 0) -> None:
    """Lower a limit, never above the hard one already in force. ``grace``: how far the hard one lies above the soft."""
    hard = resource.getrlimit(name)[1]
    if hard == resource.RLIM_INFINITY:
        hard = value + grace
    resource.setrlimit(name, (min(value, hard), min(value + grace, hard)))


def set_limits(spec: dict[str, Any]) -> None:
    """Resource limits; bytes and seconds as in ``sandbox.Limits``."""
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, spec["file_bytes"])
    limit(resource.RLIMIT_NOFILE, spec["open_files"])
    # Each thread reserves a stack of this size out of the address space.
    limit(resource.RLIMIT_STACK, 8 << 20)
    limit(resource.RLIMIT_CPU, spec["cpu_seconds"], grace=2)
    limit(resource.RLIMIT_AS, spec["memory_bytes"])


def follow_parent(libc: ctypes.CDLL, parent: int) -> None:
    """Die with the worker, also when it was killed before this line. ``parent`` is 0 inside another pid namespace."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent and os.getppid() != parent:
        os._exit(EXIT_NOT_STARTED)


def array_of(values: Sequence[bytes]) -> ctypes.Array[ctypes.c_char_p]:
    """A C array of strings with its closing NULL."""
    return (ctypes.c_char_p * (len(values) + 1))(*values, None)


def main(spec: dict[str, Any], command: list[bytes]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    # A mapping of its own, at a random address that nobody learns: see build_filter.
    place = mmap.mmap(-1, mmap.PAGESIZE)
    place.write(command[0] + b"\0")
    address = ctypes.addressof(ctypes.c_char.from_buffer(place))
    environment = array_of([name + b"=" + value for name, value in os.environb.items()])
    arguments = array_of(command)
    # Python ignores these two, and ignored signals stay ignored after exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    filtered = confined = False
    if sys.platform == "linux":
        drop_capabilities(libc)
        follow_parent(libc, spec["parent"])
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        limit(resource.RLIMIT_NPROC, tasks_of_this_user() + spec["tasks"])  # now, while /proc can be read
        confined = spec["confine"] and confine(libc, spec["scratch"], spec["readable"])
    set_limits(spec)
    if sys.platform == "linux" and spec["filter"] and has_filters(libc):
        filtered = install_filter(libc, address)
    if spec["report"]:
        os.write(1, ("seccomp" if filtered else "rlimits").encode() + (b"+landlock" if confined else b""))
        return
    libc.execve(ctypes.c_void_p(address), arguments, environment)
    os.write(2, f"cannot start: {os.strerror(ctypes.get_errno())}\n".encode())
    os._exit(EXIT_NOT_STARTED)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), [os.fsencode(part) for part in sys.argv[2:]])
