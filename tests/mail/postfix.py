"""A real Postfix of the test's own: on a free port of this machine, delivering into a Maildir, with STARTTLS."""

from __future__ import annotations

import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections import Counter
from email.parser import BytesHeaderParser
from pathlib import Path

from certificates import certify

DOMAIN = "outlet.example"

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.{domain}
mydestination =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}
virtual_mailbox_maps = static:maildir/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_security_level = may
smtpd_tls_chain_files = {folder}/key.pem, {folder}/certificate.pem
smtpd_recipient_restrictions = reject_unauth_destination
virtual_destination_concurrency_limit = 20
"""


class Postfix:
    """`with Postfix() as server:` listens at 127.0.0.1:`server.port` until the block ends; `server.certificate` is
    what a client must trust to verify it."""

    def __init__(self, main: str = "", master: str = "") -> None:
        self.main, self.master = main, master  # lines added to the files of these names
        self.folder = Path(tempfile.mkdtemp(prefix="ieom-postfix-"))  # pytest's own folders are closed to other users
        self.folder.chmod(0o755)
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        self.certificate = self.folder / "certificate.pem"

    def __enter__(self) -> Postfix:
        user = pwd.getpwnam("postfix")
        for name in ("data", "maildir", "spool"):
            (self.folder / name).mkdir()
        for name in ("data", "maildir"):
            shutil.chown(self.folder / name, user.pw_uid, user.pw_gid)
        certify(self.folder)
        told = {"folder": self.folder, "port": self.port, "domain": DOMAIN, "uid": user.pw_uid, "gid": user.pw_gid}
        (self.folder / "main.cf").write_text(MAIN.format(**told) + self.main)
        (self.folder / "master.cf").write_text(MASTER.format(**told) + self.master)
        done = subprocess.run(["postfix", "-c", self.folder, "start"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + self.log()
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise AssertionError(f"Postfix does not listen:\n{self.log()}")

    def __exit__(self, *_: object) -> None:
        subprocess.run(["postfix", "-c", self.folder, "abort"], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def delivered(self) -> list[bytes]:
        """The letters that lie in the mailbox."""
        return [path.read_bytes() for path in (self.folder / "maildir" / "new").glob("*")]

    def settled(self, seconds: float = 30) -> Counter[str]:
        """How often each Message-ID was delivered, once nothing is left in the queue."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not any(path.is_file() for part in ("incoming", "active", "deferred", "maildrop")
                       for path in (self.folder / "spool" / part).rglob("*")):  # fmt: skip
                letters = [BytesHeaderParser().parsebytes(content) for content in self.delivered()]
                return Counter(str(letter["Message-ID"]) for letter in letters)
            time.sleep(0.1)
        raise AssertionError(f"Postfix still holds letters:\n{self.log()[-2000:]}")
