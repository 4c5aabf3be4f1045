"""A page that is served by a thread, and requests to it that no browser would send."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from securesystemslib.signer import CryptoSigner

from containment.approval_page.server import PageServer, open_page
from containment.loaders.approvers import load_approvers
from tests.containment.record.conftest import Office

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Answer:
    """The answer to one request."""

    status: int
    headers: Mapping[str, str]
    text: str

    def find_field(self, name: str) -> str:
        """Return the value of a hidden field."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, self.text
        return found[1]


@dataclass
class Served:
    """A served page with the cookie of its session."""

    opened: PageServer
    cookie: str = ""

    @property
    def authority(self) -> str:
        """The page's address and port."""
        return self.opened.page.authority

    @property
    def origin(self) -> str:
        """The page's origin."""
        return f"http://{self.authority}"

    @property
    def path(self) -> str:
        """The page's secret path."""
        return f"/{self.opened.page.session.path}"

    def send(self, method: str, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> Answer:
        """Send one request with the session's cookie and headers as given; underscores in their names are hyphens."""
        given = {"Host": self.authority, **({"Cookie": f"containment-session={self.cookie}"} if self.cookie else {})}
        given |= {**FORM, "Origin": self.origin} if method == "POST" else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection(*self.opened.listener.getsockname()[:2], timeout=10)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        body = urlencode(fields or {}).encode()
        for name, value in {**given, "Content-Length": str(len(body))}.items():
            if value:
                connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        found = Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
        connection.close()
        return found

    def log_in(self) -> Answer:
        """Open the session."""
        code = self.opened.page.session.code
        answer = self.send("POST", f"{self.path}/login", {"code": str(code)})
        found = re.search(r"containment-session=([^;]+)", answer.headers.get("set-cookie", ""))
        self.cookie = found[1] if found else self.cookie
        return answer

    def get_form(self, name: str, verdict: str = "approve") -> dict[str, str]:
        """Return the fields of the form that decides about a request."""
        page = self.send("GET", f"{self.path}/action/{name}/{verdict}")
        assert page.status == 200, page.text
        return {"token": page.find_field("token"), "digest": page.find_field("digest"), "reason": "no need"}


@contextmanager
def serve(office: Office, name: str = "Approver One") -> Iterator[Served]:
    """Serve the page of a person on a free port."""
    opened = serve_folder(office.folder, office, name)
    thread = threading.Thread(target=opened.run)
    thread.start()
    try:
        yield Served(opened)
    finally:
        opened.stop()
        thread.join(20)
        assert not thread.is_alive()


def serve_folder(folder: Path, office: Office, name: str) -> PageServer:
    """Return the server of a person's page."""
    person = next(one for one in load_approvers(folder).people if one.name == name)
    return open_page(folder, person, CryptoSigner(office.keys[name]), host="127.0.0.1", port=0)


def get_path(link: str) -> str:
    """Return the path of a link."""
    return urlsplit(link).path
