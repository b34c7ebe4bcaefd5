"""Sockets of Ray and vLLM: where they are made when the folder for temporary files has too long a path.

The path of a socket has at most 107 bytes; batch systems set longer ones for temporary files.
"""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

MAX_PARENT_BYTES = 20
"""Longest path of a folder that a cluster's own folder is made in.

A socket's path has at most 107 bytes. Below this folder come ``/ray-xxxxxxxx`` (13) and Ray's own
``/ray/session_<date>_<pid>/sockets/plasma_store.<n>`` (at most 72).
"""

MAX_VLLM_BYTES = 70
"""Longest path of a folder that vLLM makes its sockets in: below it comes ``/`` and a UUID of 36 characters."""


def shorten_socket_paths() -> None:
    """Have Ray and vLLM make their sockets in a short folder where the environment names a long or a relative one.

    It sets RAY_TMPDIR and VLLM_RPC_BASE_PATH, for this process and those that it starts. TMPDIR, in which a batch
    system may give more space than /tmp has, stays as it is; so does everything when no folder is short enough, since
    most of what is run needs none.
    """
    temporary = tempfile.gettempdir()
    for name, most in (("RAY_TMPDIR", MAX_PARENT_BYTES), ("VLLM_RPC_BASE_PATH", MAX_VLLM_BYTES)):
        wanted = os.environ.get(name) or temporary
        if len(os.fsencode(wanted)) > most or not Path(wanted).is_absolute():
            with suppress(OSError):
                os.environ[name] = short_folder()


def short_folder() -> str:
    """Return RAY_TMPDIR or TMPDIR, or where those are too long or cannot be written, /tmp or /dev/shm.

    Raises:
        OSError: When none of them will do.
    """
    wanted = str(Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()).absolute())
    for folder in (wanted, "/tmp", "/dev/shm"):
        if len(os.fsencode(folder)) <= MAX_PARENT_BYTES and os.access(folder, os.W_OK | os.X_OK):
            return folder
    raise OSError(
        f"Ray's sockets need a folder whose path has at most {MAX_PARENT_BYTES} bytes; found {wanted} (RAY_TMPDIR, "
        "TMPDIR), and neither /tmp nor /dev/shm can be written: set RAY_TMPDIR to a short path"
    )
