"""System calls that a decoder has no need of, refused by the kernel from then on."""

import ctypes
import platform
import struct

# What opens connections, starts programs, or reaches into other processes. io_uring could do all of it unseen.
REFUSED = {
    "x86_64": {
        "socket": 41,
        "connect": 42,
        "socketpair": 53,
        "execve": 59,
        "ptrace": 101,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "execveat": 322,
        "io_uring_setup": 425,
        "pidfd_getfd": 438,
    },
    "aarch64": {
        "ptrace": 117,
        "socket": 198,
        "socketpair": 199,
        "connect": 203,
        "execve": 221,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "execveat": 281,
        "io_uring_setup": 425,
        "pidfd_getfd": 438,
    },
}
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# linux/prctl.h, linux/seccomp.h, linux/bpf_common.h
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
CALL, ARCH = 0, 4  # offsets in struct seccomp_data
ALLOW, NOT_PERMITTED = 0x7FFF0000, 0x00050001
X32 = 0x40000000  # the numbers of x86-64's second set of calls begin here


class _Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_calls() -> bool:
    """Have the kernel answer EPERM to REFUSED in this thread and all it starts, for good.

    False where that cannot be had: another processor, or a kernel without seccomp.
    """
    if (machine := platform.machine()) not in REFUSED:
        return False
    instructions = _instructions(AUDIT_ARCH[machine], sorted(REFUSED[machine].values()))
    program = _Program(len(instructions) // 8, instructions)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(program), 0, 0) == 0)


def _instructions(arch: int, calls: list[int]) -> bytes:
    """The filter in classic BPF: another architecture's numbers and `calls` are not permitted, the rest is."""
    tests = [(AT_LEAST, X32), *((EQUAL, call) for call in calls)]
    deny = 3 + len(tests) + 1  # the last instruction
    program = [
        (LOAD, 0, 0, ARCH),
        (EQUAL, 0, deny - 2, arch),
        (LOAD, 0, 0, CALL),
        *((test, deny - 4 - i, 0, value) for i, (test, value) in enumerate(tests)),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, NOT_PERMITTED),
    ]
    return b"".join(struct.pack("=HBBI", *each) for each in program)
