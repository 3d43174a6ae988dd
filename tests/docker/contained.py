"""A command as in a container: a read-only root, a /tmp and /dev/shm of its own, no shell, no rights, another user.

    unshare --mount python3 contained.py FOLDER:ro FOLDER:rw -- COMMAND …

Of both, and of the home of root, nothing but these folders is seen, at their own places. Run by root, on Linux.
"""

import os
import subprocess
import sys
from pathlib import Path

USER = 10001
HIDDEN = ("/tmp", "/dev/shm", "/root")
SHELLS = {os.path.realpath(each) for each in ("/bin/sh", "/bin/bash", "/bin/dash") if Path(each).exists()}
RIGHTS = [f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--bounding-set=-all", "--no-new-privs"]


def mount(*arguments: str) -> None:
    """As mount(8)."""
    subprocess.run(["mount", *arguments], check=True)


def show(folders: dict[str, str]) -> None:
    """Hide what is hidden, but for these folders: `ro` or `rw` by place."""
    opened = {place: os.open(place, os.O_PATH) for place in folders}
    for each in HIDDEN:
        mount("-t", "tmpfs", "-o", "mode=1777,noexec,nosuid,nodev", "tmpfs", each)  # as Docker mounts one
    for place, descriptor in opened.items():
        Path(place).mkdir(parents=True, exist_ok=True)
        mount("--no-canonicalize", "--bind", f"/proc/{os.getpid()}/fd/{descriptor}", place)
        mount("-o", f"remount,bind,{folders[place]}", place)
        os.close(descriptor)


def main(arguments: list[str]) -> None:
    """Mount, give up all rights, and become the command."""
    split = arguments.index("--")
    mount("--make-rprivate", "/")
    show(dict(each.rsplit(":", 1) for each in arguments[:split]))
    for shell in SHELLS:
        mount("--bind", "/dev/null", shell)
    mount("-o", "remount,bind,ro", "/")
    os.execvp("setpriv", ["setpriv", *RIGHTS, *arguments[split + 1 :]])


if __name__ == "__main__":
    main(sys.argv[1:])
