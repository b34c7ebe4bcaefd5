"""A headless Chromium for tests, where one is installed, and axe-core, which `make browser-check` fetches."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.closure import ROOT

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AXE = next((ROOT / ".work" / "axe").rglob("axe.min.js"), None)

_CONSOLE = re.compile(r':CONSOLE[:(]\d+\)?\] "(.*?)", source', re.S)
_DARK = "--blink-settings=preferredColorScheme=0"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page after its scripts have run."""

    dom: str
    console: tuple[str, ...]
    """What the page's scripts and the browser wrote to its console, problems included."""


def show(url: str, folder: Path, *, width: int = 1280, is_dark: bool = False) -> Shown:
    """Return a page as the browser has it after ten seconds of its own time.

    Args:
        url: Of the page.
        folder: For the browser's profile.
        width: Of the window, in pixels.
        is_dark: Whether the reader prefers dark colours.
    """
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}"]
    command += [f"--window-size={width},900", "--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom"]
    done = subprocess.run(
        [*command, *([_DARK] if is_dark else []), url], capture_output=True, text=True, timeout=600, check=True
    )
    return Shown(done.stdout, tuple(_CONSOLE.findall(done.stderr)))


def run_in(page: str, script: str) -> str:
    """Return a page that runs ``script`` at its end; what it resolves to, as JSON, is in the page then."""
    code = f"(async () => {{ {script} }})()".replace("</script", "<\\/script")
    code += ".then(found => { const out = document.createElement('output'); out.id = 'found';"
    code += " out.textContent = encodeURIComponent(JSON.stringify(found)); document.body.append(out); })"
    return page.replace("</body>", f"<script>{code}</script></body>")


def found_in(shown: Shown) -> object:
    """Return what the script of `run_in` resolved to."""
    from urllib.parse import unquote

    return json.loads(unquote(re.search(r'<output id="found">(.*?)</output>', shown.dom)[1]))
